from concurrent.futures import Future
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from tracedpipeline import reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka import connection, topics
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.kafka.strimzi import access_resources
from tracedpipeline.kafka.topics import Wanted
from tracedpipeline.verdict import Verdict

from tests.unit.operator.conftest import body
from tests.unit.operator.kafka.test_admin import broker

__all__ = ["broker"]


async def test_a_topic_is_the_same_whether_we_create_it_or_strimzi_does(
    broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    created: list[NewTopic] = []

    class Recording(AdminClient):
        def create_topics(self, new_topics: list[NewTopic], **_: Any) -> dict[str, Future[None]]:  # type: ignore[override]  # all that is used
            created.extend(new_topics)
            return {}

    monkeypatch.setattr("tracedpipeline.kafka.admin.AdminClient", Recording)
    wanted = {"name": "absent", "partitions": 3, "retention": "36h"}
    pipeline = TracedPipeline.parse(body(kafka={"bootstrapServers": broker, "topic": wanted}))
    await Topics().ensure(("shop", "orders"), connection.from_spec(pipeline.spec), {}, Wanted(pipeline.spec))
    cluster = TracedPipeline.parse(body(kafka={"cluster": {"name": "demo"}, "topic": wanted}))
    assert cluster.spec.kafka.cluster
    resource = access_resources.topic(cluster, cluster.spec.kafka.cluster, "absent")
    assert [topic.topic for topic in created] == list(pipeline.spec.topics)
    for topic in created:
        assert topic.config == {key: str(value) for key, value in resource["spec"]["config"].items()}
        assert topic.num_partitions == resource["spec"]["partitions"] == 3
    assert resource["spec"]["config"]["retention.ms"] == 129_600_000


def test_a_topic_with_fewer_partitions_than_are_wanted_is_somebodys_to_change() -> None:
    assert topics.too_few_partitions("topic orders", 2, 3) == Verdict(
        False,
        reasons.TOPIC_HAS_FEWER_PARTITIONS,
        "topic orders has 2 partitions, kafka.topic.partitions wants 3: "
        "add partitions to the topic, or lower the field",
    )


def test_a_topics_time_is_the_brokers_and_its_retention_the_specs() -> None:
    wanted = TracedPipeline.parse(body(kafka={"bootstrapServers": "k:9092", "topic": {"retention": "36h"}}))
    assert topics.configuration(wanted.spec.kafka.topic) == {
        "retention.ms": 129_600_000,
        "message.timestamp.type": "LogAppendTime",
    }


@pytest.mark.parametrize(
    ("names", "lost"),
    [
        (["t"], "topic t was there and is gone, with all messages in it and the offsets of group trace-group"),
        (["a", "b"], "topic a, b was there and is gone, with all messages in it"),
    ],
)
def test_a_topic_that_is_gone_is_told_with_what_went_with_it(names: list[str], lost: str) -> None:
    spec = TracedPipeline.parse(
        body(kafka={"bootstrapServers": "kafka:9092", "topic": {"name": "t", "partitions": 5}})
    ).spec
    message = f"{lost}: it was deleted, or the brokers lost their data; it is created again, empty, with 5 partitions"
    assert topics.disappeared("topic", names, spec) == Verdict(False, reasons.TOPIC_DISAPPEARED, message)
