"""What poll() and consume() return in place of a record is counted, by its error."""

from collections.abc import Callable, Iterator
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import KafkaError, Message, TopicPartition
from kafkatrace import AIOConsumer, Consumer
from kafkatrace.hotpath import choose, pure
from kafkatrace.operations.poll_errors import PollErrors

from tests.unit.kafkatrace.recording import QUIET, Recorder, send

Read = Callable[[Consumer], Message]


class Event(Message):
    """A message that is no record, as librdkafka makes them."""

    def __init__(self, code: int, topic: str | None) -> None:
        super().__init__(topic=topic)
        self.code = code

    def error(self) -> KafkaError:
        return KafkaError(self.code)


@pytest.fixture
def filled(bare: confluent_kafka.Producer, topic: str) -> str:
    """Return a topic with one record."""
    send(bare, topic)
    return topic


def counted(recorder: Recorder) -> dict[tuple[Any, Any], int]:
    """How many errors there were, by topic and type."""
    points: Iterator[Any] = (
        point
        for resource in recorder.tracing.collect_metrics().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "kafkatrace.consumer.errors"
        for point in metric.data.data_points
    )
    return {
        (each.attributes.get("messaging.destination.name"), each.attributes["error.type"]): each.value
        for each in points
    }


def polled(consumer: Consumer) -> Message:
    message = consumer.poll(10)
    assert message is not None
    return message


def consumed(consumer: Consumer) -> Message:
    (message,) = consumer.consume(1, 10)
    return message


@pytest.mark.parametrize("read", [polled, consumed])
def test_an_offset_that_is_not_there_is_counted(broker: str, filled: str, recorder: Recorder, read: Read) -> None:
    conf = {"bootstrap.servers": broker, "group.id": filled, "auto.offset.reset": "error", **QUIET}
    consumer = Consumer(conf, tracing=recorder.tracing)
    consumer.assign([TopicPartition(filled, 0, 1000)])
    error = read(consumer).error()
    assert error is not None
    assert counted(recorder) == {(filled, error.name()): 1}
    consumer.close()
    assert counted(recorder) == {(filled, error.name()): 1}, "told once more"
    assert recorder.spans() == []


async def test_an_asynchronous_consumer_counts_them_too(broker: str, filled: str, recorder: Recorder) -> None:
    conf = {"bootstrap.servers": broker, "group.id": filled, "auto.offset.reset": "error", **QUIET}
    async with AIOConsumer(conf, tracing=recorder.tracing) as consumer:
        await consumer.assign([TopicPartition(filled, 0, 1000)])
        message = await consumer.poll(10)
    assert message is not None
    error = message.error()
    assert error is not None
    assert counted(recorder) == {(filled, error.name()): 1}


@pytest.mark.parametrize("read", [polled, consumed])
def test_the_end_of_a_partition_is_no_error(filled: str, consumer: Consumer, recorder: Recorder, read: Read) -> None:
    consumer.assign([TopicPartition(filled, 0, 1)])
    error = read(consumer).error()
    assert error is not None
    assert error.code() == KafkaError._PARTITION_EOF
    assert counted(recorder) == {}


@pytest.mark.parametrize("kind", [choose.Polled, pure.Polled])
def test_each_error_is_counted_by_topic_and_type(kind: Any, recorder: Recorder) -> None:
    errors = PollErrors(recorder.tracing, {})
    noted = kind(lambda consumer: None, errors.count)
    missing = Event(KafkaError.UNKNOWN_TOPIC_OR_PART, "orders")
    assert noted.all(None, [missing, Message(topic="orders"), Event(KafkaError._PARTITION_EOF, "orders"), missing])
    noted.one(None, missing)
    noted.one(None, Event(KafkaError._ALL_BROKERS_DOWN, None))
    assert noted.consumed == 1
    assert counted(recorder) == {("orders", "UNKNOWN_TOPIC_OR_PART"): 3, (None, "_ALL_BROKERS_DOWN"): 1}


@pytest.mark.parametrize("kind", [choose.Polled, pure.Polled])
def test_topics_that_are_left_out_have_no_errors(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKATRACE_EXCLUDE_TOPICS", "internal-*")
    recorder = Recorder()
    noted = kind(lambda consumer: None, PollErrors(recorder.tracing, {}).count)
    noted.one(None, Event(KafkaError.UNKNOWN_TOPIC_OR_PART, "internal-1"))
    assert counted(recorder) == {}
    recorder.tracing.shutdown()
