from collections.abc import Callable, Iterator
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import Message, TopicPartition
from kafkatrace import Consumer
from kafkatrace.clients.rebalance import watched
from kafkatrace.spans import semconv
from opentelemetry import trace

from tests.unit.kafkatrace.recording import QUIET, Recorder, say, send

Told = list[tuple[str, Any, list[tuple[str, int]]]]
CALLBACKS = ("on_assign", "on_revoke", "on_lost")


@pytest.fixture
def members(broker: str, topic: str, bare: confluent_kafka.Producer, recorder: Recorder) -> Iterator[Any]:
    """Make members of one group, which soon hear of each other; the topic has one record."""
    send(bare, topic)
    made: list[Consumer] = []

    def member() -> Consumer:
        given = {"bootstrap.servers": broker, "group.id": topic, "auto.offset.reset": "earliest", **QUIET}
        given |= {"heartbeat.interval.ms": 50}
        made.append(Consumer(given, tracing=recorder.tracing))
        return made[-1]

    yield member
    for each in made:  # who is in the group first: those who want to join wait for it
        each.close()


def telling(told: Told, *names: str) -> dict[str, Callable[[Any, list[TopicPartition]], None]]:
    def callback(name: str) -> Callable[[Any, list[TopicPartition]], None]:
        return lambda consumer, gone: told.append((name, consumer, [(each.topic, each.partition) for each in gone]))

    return {name: callback(name) for name in names}


def first(consumer: Consumer) -> Message:
    for _ in range(100):
        if (message := consumer.poll(0.1)) is not None and message.error() is None:
            return message
    raise AssertionError("the group gave nothing for 10 s")


def test_a_span_ends_where_its_partition_goes_to_another_member(members: Any, topic: str, recorder: Recorder) -> None:
    told: Told = []
    consumer = members()
    consumer.subscribe([topic], **telling(told, "on_assign", "on_revoke"))
    with pytest.raises(KeyError), consumer.process(first(consumer)) as span:
        other = members()
        other.subscribe([topic])
        for _ in range(100):
            consumer.poll(0.1)
            other.poll(0)
            if len(told) == 2:
                break
        assert not span.is_recording()
        span.set_attribute("too", "late")
        raise KeyError("too late, too")
    assert trace.get_current_span() is trace.INVALID_SPAN
    assert [(name, who) for name, who, _ in told[:2]] == [("on_assign", consumer), ("on_revoke", consumer)]
    assert (topic, 0) in told[1][2]
    ended = recorder.span("process")
    assert say(ended, semconv.PARTITIONS_REVOKED) is True
    assert say(ended, "too") is None
    assert say(ended, "error.type") is None
    assert recorder.tracing.shutdown(60).dropped == 0


@pytest.mark.parametrize(
    ("end", "names"), [("unsubscribe", ()), ("unsubscribe", CALLBACKS), ("close", ("on_assign", "on_lost"))]
)
def test_a_span_ends_where_its_consumer_leaves(
    members: Any, topic: str, recorder: Recorder, end: str, names: tuple[str, ...]
) -> None:
    told: Told = []
    consumer = members()
    consumer.subscribe([topic], **telling(told, *names))
    with consumer.process(first(consumer)) as span:
        getattr(consumer, end)()
        for _ in range(100):
            if end == "close" or not span.is_recording():
                break
            consumer.poll(0.1)
        assert not span.is_recording()
    assert say(recorder.span("process"), semconv.PARTITIONS_REVOKED) is True
    assert [name for name, _, _ in told] == [name for name in CALLBACKS[:2] if name in names]


def test_what_is_ended_before_is_not_marked(members: Any, topic: str, recorder: Recorder) -> None:
    consumer = members()
    consumer.subscribe([topic])
    with consumer.process(first(consumer)):
        pass
    consumer.close()
    assert say(recorder.span("process"), semconv.PARTITIONS_REVOKED) is None


def test_positional_callbacks_are_called_and_may_assign_themselves(members: Any, topic: str) -> None:
    told: Told = []
    consumer = members()
    _, on_revoke, on_lost = telling(told, *CALLBACKS).values()
    consumer.subscribe([topic], lambda who, _: who.assign([TopicPartition(topic, 0, 0)]), on_revoke, on_lost)
    first(consumer)
    assert [(each.topic, each.partition) for each in consumer.assignment()] == [(topic, 0)]
    consumer.close()
    assert [(name, who) for name, who, _ in told] == [("on_revoke", consumer)]


def test_an_exception_of_the_users_callback_comes_out_of_poll(members: Any, topic: str, recorder: Recorder) -> None:
    def fail(_: Any, __: list[TopicPartition]) -> None:
        raise LookupError("no such order")

    consumer = members()
    consumer.subscribe([topic], on_revoke=fail)
    with pytest.raises(LookupError), consumer.process(first(consumer)):
        consumer.close()
    assert say(recorder.span("process"), semconv.PARTITIONS_REVOKED) is True


def test_only_spans_of_the_partitions_that_go_end(topic: str, consumer: Consumer, recorder: Recorder) -> None:
    told: Told = []
    _, callbacks = watched(consumer._receiver.processed.open, (), telling(told, "on_revoke"))
    kept, gone = (Message(topic=topic, partition=number, offset=0, timestamp=(1, 1)) for number in (0, 1))
    with consumer.process(kept) as kept_span, consumer.process(gone) as gone_span:
        callbacks["on_revoke"](consumer, [TopicPartition(topic, 1), TopicPartition(f"{topic}-1", 0)])
        assert [span.is_recording() for span in (kept_span, gone_span)] == [True, False]
    marks = {say(span, semconv.MESSAGING_DESTINATION_PARTITION_ID): span for span in recorder.spans("process")}
    assert say(marks["0"], semconv.PARTITIONS_REVOKED) is None
    assert say(marks["1"], semconv.PARTITIONS_REVOKED) is True
    assert told == [("on_revoke", consumer, [(topic, 1), (f"{topic}-1", 0)])]


def test_lost_partitions_are_told_as_by_the_original() -> None:
    told: Told = []
    # without on_lost the original calls on_revoke for them, with it on_lost alone
    assert watched({}, (), telling(told, *CALLBACKS[:2]))[1].keys() == {"on_assign", "on_revoke"}
    _, callbacks = watched({}, (), telling(told, *CALLBACKS))
    callbacks["on_lost"](None, [])
    assert told == [("on_lost", None, [])]
