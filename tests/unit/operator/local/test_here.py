"""What one machine cannot do is refused, or named, each with the way on."""

from typing import Any

import pytest
from tracedpipeline.api import TracedPipeline
from tracedpipeline.local import here
from tracedpipeline.local.errors import LocalError

from tests.unit.operator.conftest import body

SERVERS = {"bootstrapServers": "k:1"}
STRIMZI = {"cluster": {"name": "demo"}}


def pipeline(**spec: Any) -> TracedPipeline:
    return TracedPipeline.parse(body(**{"kafka": SERVERS, **spec}))


@pytest.mark.parametrize(
    ("spec", "kafka", "told"),
    [
        (
            {"consumer": {"engine": "Flink"}},
            "real",
            "orders: spec.consumer.engine Flink does not run here, .*make demo",
        ),
        ({"kafka": STRIMZI}, "spec", "orders: spec.kafka.cluster is run by Strimzi: .*--kafka HOST:PORT.*make demo"),
        ({"paused": True}, "real", "orders: spec.paused is true: set it to false"),
        ({"producer": {"image": "me/producer:1"}}, "mock", "orders: spec.producer.image me/producer:1 is not run here"),
        ({"consumer": {"image": "r.example:5000/tracedpipeline/consumer:1"}}, "mock", "spec.consumer.image"),
    ],
)
def test_refused(spec: dict[str, Any], kafka: str, told: str) -> None:
    with pytest.raises(LocalError, match=told):
        here.check(pipeline(**spec), kafka)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(LocalError) as refused:
        here.check(pipeline(paused=True, consumer={"engine": "Flink"}), "real")
    assert len(str(refused.value).splitlines()) == 2


@pytest.mark.parametrize("spec", [{}, {"producer": {"image": "tracedpipeline/producer:dev"}}, {"kafka": STRIMZI}])
def test_taken(spec: dict[str, Any]) -> None:
    here.check(pipeline(**spec), "real")


@pytest.mark.parametrize(
    ("spec", "kafka", "told"),
    [
        ({}, "real", []),
        ({"kafka": STRIMZI}, "real", ["orders: spec.kafka.cluster: Kafka on this machine takes its place"]),
        ({"kafka": STRIMZI}, "h:1", ["orders: spec.kafka.cluster: Kafka at h:1 takes its place"]),
        ({"kafka": {**SERVERS, "security": {"protocol": "SSL"}}}, "mock", ["orders: spec.kafka.security: "]),
        ({"kafka": {**SERVERS, "security": {"protocol": "SSL"}}}, "spec", []),
        ({"kafka": {**SERVERS, "topic": {"replicas": 3}}}, "real", ["orders: spec.kafka.topic.replicas: "]),
        ({"kafka": {**SERVERS, "topic": {"replicas": 3}}}, "h:1", []),
        ({"collector": {"replicas": 2}}, "spec", ["orders: spec.collector.replicas: "]),
    ],
)
def test_named(spec: dict[str, Any], kafka: str, told: list[str]) -> None:
    found = here.left_out(pipeline(**spec), kafka)
    assert len(found) == len(told)
    assert all(sentence.startswith(begin) for sentence, begin in zip(found, told, strict=True))


def test_topics_of_one_broker_have_one_copy() -> None:
    one = here.for_one_broker(pipeline(kafka={**SERVERS, "topic": {"replicas": 3, "partitions": 5}}))
    assert (one.spec.kafka.topic.replicas, one.spec.kafka.topic.partitions) == (1, 5)


IN_A_CLUSTER = "in a cluster it does: `make demo`"
SECURITY = {**SERVERS, "security": {"protocol": "SSL"}}
THREE_COPIES = {**SERVERS, "topic": {"replicas": 3}}


def refused(runs: str, /, **spec: Any) -> list[str]:
    with pytest.raises(LocalError) as error:
        here.check(pipeline(**spec), runs)
    return str(error.value).splitlines()


def test_each_refusal_names_the_way_on() -> None:
    assert refused("real", paused=True, consumer={"engine": "Flink"}) == [
        "orders: spec.paused is true: set it to false, nothing is started meanwhile",
        f"orders: spec.consumer.engine Flink does not run here, {IN_A_CLUSTER}; here use engine Python",
    ]
    assert refused("spec", kafka=STRIMZI) == [
        f"orders: spec.kafka.cluster is run by Strimzi: name its address (--kafka HOST:PORT); {IN_A_CLUSTER}"
    ]
    images = {"producer": {"image": "me/producer:1"}, "consumer": {"image": "me/consumer:1"}}
    assert refused("mock", **images) == [
        f"orders: spec.producer.image me/producer:1 is not run here, only the kit's own producer: {IN_A_CLUSTER}",
        f"orders: spec.consumer.image me/consumer:1 is not run here, only the kit's own consumer: {IN_A_CLUSTER}",
    ]


@pytest.mark.parametrize(
    ("spec", "kafka", "sentence"),
    [
        (
            {"kafka": STRIMZI},
            "mock",
            "spec.kafka.cluster: Kafka on this machine takes its place, without Strimzi; `make demo` has that",
        ),
        (
            {"kafka": STRIMZI},
            "h:1",
            "spec.kafka.cluster: Kafka at h:1 takes its place, without Strimzi; `make demo` has that",
        ),
        (
            {"kafka": SECURITY},
            "real",
            "spec.kafka.security: Kafka on this machine takes plain text from everyone; --kafka spec uses the spec's",
        ),
        (
            {"kafka": THREE_COPIES},
            "real",
            "spec.kafka.topic.replicas: Kafka on this machine is one broker, so there is 1 copy",
        ),
        (
            {"collector": {"replicas": 2}},
            "mock",
            "spec.collector.replicas: one receiver takes the place of all Collectors; `make demo` has several",
        ),
    ],
)
def test_what_is_not_as_in_a_cluster_is_told_word_for_word(spec: dict[str, Any], kafka: str, sentence: str) -> None:
    assert here.left_out(pipeline(**spec), kafka) == [f"orders: {sentence}"]


def test_the_mock_has_as_many_copies_as_are_asked_of_it() -> None:
    assert here.left_out(pipeline(kafka=THREE_COPIES), "mock") == []
    assert here.left_out(pipeline(kafka={**SERVERS, "topic": {"replicas": 1}}), "real") == []
    assert len(here.left_out(pipeline(kafka={**SERVERS, "topic": {"replicas": 2}}), "real")) == 1
