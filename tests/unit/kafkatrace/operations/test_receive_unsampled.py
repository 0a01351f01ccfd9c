"""A record that is not sampled has less read of it, and is refused as any other where it is no record."""

from typing import Any

import pytest
from confluent_kafka import KafkaError, Message, TopicPartition
from kafkatrace import RecordReceiver, Tracing

from tests.unit.kafkatrace.handmade import Inbox, message
from tests.unit.kafkatrace.recording import PARENT, UNSAMPLED, Recorder

HEADERS: Any = [("traceparent", UNSAMPLED)]


class Consumer:
    """As much of one as the note of a poll needs."""

    def get_watermark_offsets(
        self, partition: TopicPartition, timeout: float = -1, cached: bool = False
    ) -> tuple[int, int]:
        return 0, 0

    def cluster_id(self, timeout: float = -1) -> str:
        return "c"

    def assignment(self) -> list[TopicPartition]:
        return []


class Ours(Message):
    """Not confluent-kafka's own type."""


def _polled(inbox: Inbox, record: Message) -> Message:
    inbox.receiver.polled.one(Consumer(), record)
    return record


def test_one_that_became_an_event_after_its_poll_is_refused(tracing: Tracing) -> None:
    inbox = Inbox(tracing)
    event = _polled(inbox, message(HEADERS))
    event.set_error(KafkaError(KafkaError._PARTITION_EOF))
    with pytest.raises(ValueError, match="process\\(\\) got no record but"):
        inbox.process(event)


@pytest.mark.parametrize("place", [{"topic": "t", "offset": 7}, {"topic": "t", "partition": 0}, {"topic": "t"}])
def test_one_without_a_place_is_refused_though_our_client_had_it_before(tracing: Tracing, place: Any) -> None:
    lacking = _polled(Inbox(tracing), Message(headers=HEADERS, **place))
    with pytest.raises(ValueError, match="without topic, partition and offset"):
        RecordReceiver({"group.id": "g"}, tracing=tracing).process(lacking, 1)


@pytest.mark.parametrize("place", [{"topic": "t", "offset": 7}, {"topic": "t", "partition": 0}, {"topic": "t"}])
def test_one_of_another_type_without_a_place_is_refused(tracing: Tracing, place: Any) -> None:
    inbox = Inbox(tracing)
    with pytest.raises(ValueError, match="without topic, partition and offset"):
        inbox.process(_polled(inbox, Ours(headers=HEADERS, **place)))


def test_one_without_a_topic_is_refused(tracing: Tracing) -> None:
    inbox = Inbox(tracing)
    with pytest.raises(ValueError, match="without topic, partition and offset"):
        inbox.process(_polled(inbox, Message(partition=0, offset=7, headers=HEADERS)))


@pytest.mark.parametrize(("traceparent", "known"), [(PARENT, True), (UNSAMPLED, False)])
@pytest.mark.parametrize("of", [Message, Ours])
def test_only_a_sampled_span_knows_its_place(
    recorder: Recorder, traceparent: bytes, known: bool, of: type[Message]
) -> None:
    inbox = Inbox(recorder.tracing)
    with inbox.process(_polled(inbox, message([("traceparent", traceparent)], of=of))) as span:
        assert (hasattr(span, "partition"), hasattr(span, "offset")) == (known, known)
        assert (getattr(span, "partition", None), getattr(span, "offset", None)) == ((0, 7) if known else (None, None))
