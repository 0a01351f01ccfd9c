"""The time of a poll belongs to a topic, partition and offset: the address of a dropped message is used again."""

from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import Message
from kafkatrace.hotpath import choose, pure
from kafkatrace.operations.receive import Receiver
from kafkatrace.spans.message_span import MessageSpan

from tests.unit.kafkatrace.recording import Recorder

TRACEPARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"
RECORDS = [("other", 3, 7), ("orders", 4, 7), ("orders", 3, 8), ("orders", 7, 3)]
NO_RECORDS: list[tuple[Any, Any, Any]] = [("orders", 3, None), (None, None, None)]


class Moving(Message):
    """Stands for several messages that have the same address, one after the other."""

    place: tuple[Any, Any, Any] = ("orders", 3, 7)

    def topic(self) -> Any:
        return self.place[0]

    def partition(self) -> Any:
        return self.place[1]

    def offset(self) -> Any:
        return self.place[2]


@pytest.fixture
def receiver(recorder: Recorder) -> Receiver:
    made = Receiver(recorder.tracing, {"group.id": "g", "bootstrap.servers": "kafka:9092"}, linked=False)
    made.cluster.value = "cluster"
    return made


def look(consumer: object) -> None:
    """Learn nothing."""


def note(polled: Any, way: str, message: Message) -> None:
    ways = {
        "one": lambda: polled.one(None, message),
        "all": lambda: polled.all(None, [message]),
        "at": lambda: polled.at(message, 5),
    }
    ways[way]()


@pytest.mark.parametrize("way", ["one", "all", "at"])
@pytest.mark.parametrize("place", [*RECORDS, *NO_RECORDS])
@pytest.mark.parametrize("kind", [choose.Polled, pure.Polled])
def test_another_message_at_the_same_address_has_no_time(kind: Any, place: tuple[Any, Any, Any], way: str) -> None:
    polled, message = kind(look), Moving()
    note(polled, way, message)
    message.place = place
    assert polled.take(message) == 0
    message.place = Moving.place
    assert polled.take(message) == 0, "what was noted at this address is gone"
    note(polled, way, message)
    assert polled.take(message) > 0


@pytest.mark.parametrize("kind", [choose.Polled, pure.Polled])
def test_a_time_is_known_to_an_object_and_not_to_its_type(kind: Any) -> None:
    with pytest.raises(TypeError):
        kind.take(Moving())


@pytest.mark.parametrize("flags", [b"0", b"1"])
@pytest.mark.parametrize("place", RECORDS)
def test_process_takes_no_time_of_a_dropped_message(
    receiver: Receiver, place: tuple[Any, Any, Any], flags: bytes
) -> None:
    consumer = SimpleNamespace(assignment=list)
    message = Moving(timestamp=(1, 1_000), headers=[("traceparent", TRACEPARENT + flags)])
    receiver.polled.one(consumer, message)
    message.place = place
    assert polled_at(receiver, message) == 0
    receiver.polled.one(consumer, message)
    assert polled_at(receiver, message) > 0


def polled_at(receiver: Receiver, message: Message) -> int:
    with receiver.process(message) as span:
        assert isinstance(span, MessageSpan)
    return span.polled
