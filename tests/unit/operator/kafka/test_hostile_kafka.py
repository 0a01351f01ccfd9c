"""What brokers that are none, or mean harm, make of a look at a topic."""

import pytest
from tracedpipeline import reasons
from tracedpipeline.kafka.admin import MOST_BYTES, Topics

from tests.unit.operator.kafka.hostile_kafka import (
    Metadata,
    endless,
    hostile_broker,
    many_partitions,
    many_topics,
    named,
)
from tests.unit.operator.kafka.test_admin import ensure

TOPIC = {"name": "traced-topic"}
MEBIBYTE = 2**20


@pytest.mark.parametrize(
    "metadata",
    [many_topics(10**6), many_partitions("traced-topic", 10**6), endless(300 * MEBIBYTE), endless(2**31 - 1)],
    ids=["a million topics", "a million partitions", "300 MB", "2 GB"],
)
async def test_what_is_too_large_is_not_read(metadata: Metadata) -> None:
    async with hostile_broker(metadata) as broker:
        verdict = await ensure(f"127.0.0.1:{broker.port}", topic=TOPIC)
    assert verdict.reason == reasons.KAFKA_UNREACHABLE
    assert "Invalid response size" in verdict.message
    assert verdict.message.isprintable()


async def test_a_topic_with_as_many_partitions_as_may_be_fits() -> None:
    (answer,) = many_partitions("traced-topic", 10_000)(9092)
    assert len(answer) < MOST_BYTES


async def test_an_answer_without_the_topic_is_none() -> None:
    async with hostile_broker(many_partitions("another", 3)) as broker:
        verdict = await ensure(f"127.0.0.1:{broker.port}", topic=TOPIC)
    assert verdict.reason == reasons.KAFKA_UNREACHABLE
    assert "the answer does not tell of topic traced-topic" in verdict.message


@pytest.mark.parametrize(
    ("said", "kept"),
    [("MkU3OEVBNTcwNTJENDM2Qk", True), ("x" * 65, False), ("a\x1b[31m\n", False), ("a/b", False), ("", False)],
)
async def test_an_id_of_a_cluster_is_kept_where_it_is_one(said: str, kept: bool) -> None:
    topics = Topics()
    async with hostile_broker(named(said, "traced-topic", "traced-topic.dlq")) as broker:
        servers = f"127.0.0.1:{broker.port}"
        verdict = await ensure(servers, topics=topics, topic=TOPIC)
    assert verdict.reason == reasons.TOPIC_READY
    assert topics.cluster_id(servers) == (said if kept else None)
