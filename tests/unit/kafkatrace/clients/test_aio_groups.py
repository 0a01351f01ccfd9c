"""What an asyncio consumer does as a member of a group."""

import asyncio
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from kafkatrace import AIOConsumer, AIOProducer
from kafkatrace.spans import semconv

from tests.unit.kafkatrace.recording import QUIET, Recorder, ids, say, send

pytestmark = pytest.mark.usefixtures("commit_traces")


def member(broker: str, topic: str, recorder: Recorder, **conf: Any) -> AIOConsumer:
    given = {"bootstrap.servers": broker, "group.id": topic, "auto.offset.reset": "earliest", **QUIET}
    return AIOConsumer({**given, "enable.auto.commit": False, **conf}, tracing=recorder.tracing)


async def test_commits_are_settle_spans(
    bare: confluent_kafka.Producer, broker: str, topic: str, recorder: Recorder
) -> None:
    send(bare, topic)
    told: list[object] = []

    async def on_commit(error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        told.append((error, partitions[0].offset))

    async with member(broker, topic, recorder, on_commit=on_commit) as consumer:
        await consumer.assign([TopicPartition(topic, 0, 0)])
        message = await consumer.poll(10)
        assert message is not None
        with consumer.process(message):
            (committed,) = await consumer.commit(message=message, asynchronous=False)
        assert committed.offset == 1
        assert await consumer.commit(message=message, asynchronous=True) is None
        while not told:
            await consumer.poll(0.1)
    assert told == [(None, 1)]
    inside, outside = recorder.spans("commit")
    assert ids(inside)[2] == ids(recorder.span("process"))[1]
    assert inside.name == f"commit {topic}"
    assert say(inside, "messaging.operation.type") == "settle"
    assert say(inside, "messaging.consumer.group.name") == topic
    assert say(inside, "messaging.kafka.offset") == 1
    assert outside.parent is None


async def test_a_commit_that_fails_is_an_error_on_its_span(broker: str, topic: str, recorder: Recorder) -> None:
    async with member(broker, topic, recorder) as consumer:
        with pytest.raises(KafkaException):
            await consumer.commit(asynchronous=False)
    assert say(recorder.span("commit"), "error.type") == "_NO_OFFSET"


async def test_coroutines_are_told_of_rebalances_and_the_open_span_ends(
    bare: confluent_kafka.Producer, broker: str, topic: str, recorder: Recorder
) -> None:
    send(bare, topic)
    told: list[object] = []

    async def assigned(consumer: AIOConsumer, partitions: list[TopicPartition]) -> None:
        await asyncio.sleep(0)
        told.append(("assigned", consumer, bool(partitions)))

    async def revoked(consumer: AIOConsumer, partitions: list[TopicPartition]) -> None:
        await asyncio.sleep(0)
        told.append(("revoked", consumer, bool(partitions)))

    async with member(broker, topic, recorder) as consumer:
        await consumer.subscribe([topic], on_assign=assigned, on_revoke=revoked)
        while (message := await consumer.poll(10)) is None:
            pass
        with consumer.process(message) as span:
            await consumer.unsubscribe()
            while len(told) < 2:
                await consumer.poll(0.1)
            assert not span.is_recording()
            span.set_attribute("too", "late")
    assert told == [("assigned", consumer, True), ("revoked", consumer, True)]
    assert say(recorder.span("process"), semconv.PARTITIONS_REVOKED) is True
    assert say(recorder.span("process"), "too") is None


async def test_a_transaction(broker: str, topic: str, recorder: Recorder) -> None:
    conf = {"bootstrap.servers": broker, "transactional.id": topic, **QUIET}
    async with AIOProducer(conf, buffer_timeout=0, tracing=recorder.tracing) as producer:
        await producer.init_transactions(10)
        for end in (producer.commit_transaction, producer.abort_transaction):
            await producer.begin_transaction()
            await producer.produce(topic, b"v", partition=0)
            await end(10)
    for name in ("transaction", "send"):
        outcomes = [say(span, semconv.TRANSACTION_OUTCOME) for span in recorder.spans(name)]
        assert outcomes == ["committed", "aborted"]
    assert recorder.tracing.shutdown(60).dropped == 0
