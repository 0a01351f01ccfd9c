from typing import Any

import pytest
from tracedpipeline import reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.api.recorded import KafkaRecord
from tracedpipeline.preconditions import messages_of, refusal, turns_on_cluster_id
from tracedpipeline.verdict import Verdict

from tests.unit.operator.conftest import body


def parsed(name: str, created: str = "2026-01-01T00:00:00Z", **spec: Any) -> TracedPipeline:
    given = body(name, **spec)
    given["metadata"]["creationTimestamp"] = created
    return TracedPipeline.parse(given)


def test_a_good_one_is_not_refused() -> None:
    assert refusal(parsed("a"), [parsed("b", consumer={"groupId": "other"})]) is None


def test_paused_comes_before_everything() -> None:
    verdict = refusal(parsed("a", paused=True, kafka={"cluster": {"name": "demo"}}), [])
    assert verdict == Verdict(False, reasons.PAUSED, "spec.paused is true: nothing is changed until it is false")


def test_of_two_in_one_strimzi_cluster_the_younger_is_refused() -> None:
    older = parsed("a", kafka={"cluster": {"name": "demo"}})
    young = {"created": "2026-01-02T00:00:00Z"}
    verdict = refusal(parsed("b", **young, kafka={"cluster": {"name": "demo", "namespace": "shop"}}), [older])
    assert verdict
    assert verdict.reason == reasons.TOPIC_AND_GROUP_IN_USE
    assert refusal(parsed("b", **young, kafka={"cluster": {"name": "demo", "namespace": "other"}}), [older]) is None
    assert refusal(parsed("b", **young, kafka={"cluster": {"name": "another"}}), [older]) is None


def test_of_two_on_one_topic_and_group_the_younger_is_refused() -> None:
    older, younger = parsed("a"), parsed("b", created="2026-01-02T00:00:00Z")
    assert refusal(older, [younger]) is None
    verdict = refusal(younger, [older])
    assert verdict == Verdict(
        False,
        reasons.TOPIC_AND_GROUP_IN_USE,
        "pipeline a reads topic traced-topic in group trace-group already: "
        "choose another kafka.topic.name or consumer.groupId",
    )


def with_status(name: str, namespace: str = "shop", *, acted: bool = True, cluster_id: str = "", **spec: Any) -> Any:
    """A pipeline as it is after a look at it."""
    given = body(name, **spec)
    given["metadata"]["namespace"] = namespace
    given["status"] = {"observedGeneration": 1} | ({"consumerReplicas": 1} if acted else {})
    if cluster_id:
        address = TracedPipeline.parse(given).kafka_address
        given["status"]["kafka"] = {"address": address, "clusterId": cluster_id, "topics": []}
    return TracedPipeline.parse(given)


def test_the_name_of_a_pipeline_elsewhere_is_not_told() -> None:
    verdict = refusal(parsed("z"), [with_status("secret", "bank", kafka={"bootstrapServers": "kafka.shop:9092"})])
    assert verdict
    assert verdict.message.startswith("a pipeline of another namespace reads topic traced-topic in group trace-group")
    assert "secret" not in verdict.message
    assert "bank" not in verdict.message


STRIMZI = {"cluster": {"name": "demo"}}


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        (("kafka.kafka.svc:9092", "1"), ("10.0.0.7:9092", "1"), True),
        (("kafka.kafka.svc:9092", "1"), ("10.0.0.7:9092", "2"), False),
        (("kafka.kafka.svc:9092", "1"), ("10.0.0.7:9092", ""), False),
        (("kafka.kafka.svc:9092", "1"), ("kafka.kafka:9092", "2"), True),  # one of the two was looked at long ago
        (("kafka.kafka.svc:9092", ""), ("kafka.kafka:9092", ""), True),
        (("kafka.kafka.svc:9092", "1"), (STRIMZI, "1"), True),
        (("demo-kafka-bootstrap.shop.svc:9094", ""), (STRIMZI, ""), True),
        ((STRIMZI, "1"), (STRIMZI, "2"), True),
        ((STRIMZI, "1"), ({"cluster": {"name": "another"}}, "2"), False),
    ],
)
def test_a_cluster_is_known_by_its_id_and_else_by_its_names(one: Any, other: Any, refused: bool) -> None:
    def found(name: str, given: Any) -> TracedPipeline:
        kafka, cluster_id = given
        spec = kafka if isinstance(kafka, dict) else {"bootstrapServers": kafka}
        pipeline: TracedPipeline = with_status(name, cluster_id=cluster_id, kafka=spec)
        return pipeline

    assert bool(refusal(found("b", one), [found("a", other)])) is refused
    assert bool(refusal(found("b", other), [found("a", one)])) is refused


def test_an_id_is_of_the_cluster_that_the_spec_named_then() -> None:
    given = body("b")
    given["status"] = {"kafka": {"address": "elsewhere:9092", "clusterId": "1", "topics": ["traced-topic"]}}
    assert TracedPipeline.parse(given).kafka_record == KafkaRecord()


def test_one_that_was_paused_from_the_start_is_in_nobodys_way_and_one_that_was_acted_upon_comes_first() -> None:
    younger = parsed("b", created="2026-01-02T00:00:00Z")
    assert refusal(younger, [with_status("a", acted=False, paused=True)]) is None
    assert refusal(younger, [parsed("a", paused=True)]) is None
    assert refusal(younger, [with_status("a", paused=True)]), "its consumer may run"
    running = younger.model_copy(update={"acted_upon": True})
    assert refusal(running, [with_status("a", acted=False)]) is None
    assert refusal(with_status("a", acted=False), [running])
    assert refusal(running, [with_status("a")])


def test_only_where_somebody_may_come_first_the_id_decides() -> None:
    older, younger = parsed("a"), parsed("b", created="2026-01-02T00:00:00Z")
    assert turns_on_cluster_id(younger, [older])
    assert not turns_on_cluster_id(older, [younger])
    assert not turns_on_cluster_id(younger, [parsed("a", consumer={"groupId": "other"})])
    assert not turns_on_cluster_id(parsed("b", created="2026-01-02T00:00:00Z", paused=True), [older])
    known = with_status("b", cluster_id="1")
    assert not turns_on_cluster_id(known, [with_status("a")])


def test_what_another_kafka_has_is_another_topic() -> None:
    older = parsed("a", kafka={"bootstrapServers": "elsewhere:9092"})
    assert refusal(parsed("b", created="2026-01-02T00:00:00Z"), [older]) is None


def test_none_is_in_its_own_way() -> None:
    assert refusal(parsed("a"), [parsed("a")]) is None


def test_of_two_of_one_age_exactly_one_is_refused() -> None:
    a, b = parsed("a"), parsed("b")
    assert [bool(refusal(a, [b])), bool(refusal(b, [a]))].count(True) == 1


def test_what_a_resource_reads_is_known_where_its_spec_is_understood() -> None:
    assert messages_of(body()) == ("traced-topic", "trace-group")
    assert messages_of({"spec": 7}) is None
