from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import Message, TopicPartition
from kafkatrace import Consumer, Producer
from opentelemetry.trace import SpanKind, StatusCode

from tests.unit.kafkatrace.recording import (
    PARENT,
    UNSAMPLED,
    Receive,
    Recorder,
    beside_the_server,
    ids,
    linked,
    offsets,
    say,
    send,
    traceparents,
)

MANY = 500


def consumed(consumer: Consumer, topic: str, count: int, *, start: int = 0) -> list[Message]:
    """Consume so many at once; the consumer needs a moment until they are there."""
    consumer.assign([TopicPartition(topic, 0, start)])
    messages: list[Message] = []
    while len(messages) < count:
        messages += [each for each in consumer.consume(count - len(messages), 10) if each.error() is None]
    return messages


def test_the_receive_span(bare: confluent_kafka.Producer, topic: str, consumer: Consumer, recorder: Recorder) -> None:
    send(bare, topic, ("traceparent", PARENT))
    send(bare, topic, ("traceparent", UNSAMPLED))
    send(bare, topic)
    consumer.list_topics(topic, timeout=10)
    assert len(consumed(consumer, topic, 3)) == 3
    span = recorder.span(f"poll {topic}")
    assert span.kind is SpanKind.CLIENT
    assert span.parent is None
    assert span.status.status_code is StatusCode.UNSET
    assert linked(span) == {(int(PARENT[3:35], 16), int(PARENT[36:52], 16))}
    assert span.links[0].context.is_remote
    assert beside_the_server(span) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "poll",
        "messaging.operation.type": "receive",
        "messaging.batch.message_count": 3,
        "messaging.client.id": "billing-0",
        "messaging.consumer.group.name": "billing",
        "messaging.destination.name": topic,
    }


def test_the_receive_span_lasts_as_long_as_the_call(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, recorder: Recorder
) -> None:
    send(bare, topic)
    with recorder.tracing.tracer.start_as_current_span("around"):
        consumed(consumer, topic, 1)
    span, around = recorder.span("poll"), recorder.span("around")
    assert ids(span)[2] == ids(around)[1]
    assert (around.start_time or 0) <= (span.start_time or 0) <= (span.end_time or 0) <= (around.end_time or 0)


def test_messages_of_several_topics_are_counted_without_naming_one(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, recorder: Recorder
) -> None:
    topics = [topic, f"{topic}-1"]
    for each in topics:
        send(bare, each)
    consumer.assign([TopicPartition(each, 0, 0) for each in topics])
    seen: list[Message] = []
    while len(seen) < 2:
        seen = [each for each in consumer.consume(4, 2) if each.error() is None]
        consumer.assign([TopicPartition(each, 0, 0) for each in topics])
    span = recorder.spans("poll")[-1]
    assert span.name == "poll"
    assert say(span, "messaging.destination.name") is None
    assert say(span, "messaging.batch.message_count") == 2


@pytest.mark.parametrize("together", [False, True])
def test_of_many_messages_none_is_lost(
    producer: Producer, topic: str, consumer: Consumer, recorder: Recorder, together: bool
) -> None:
    for number in range(MANY):
        producer.produce(topic, b"%d" % number, partition=0)
    producer.flush(10)
    messages = consumed(consumer, topic, MANY)
    if together:
        assert [message.value() for message in consumer.process_all(messages)] == [b"%d" % n for n in range(MANY)]
    else:
        for message in messages:
            with consumer.process(message):
                pass
    sent = {ids(span)[:2] for span in recorder.spans("send")}
    polls = recorder.spans("poll")
    assert len(sent) == MANY
    assert sum(len(span.links) for span in polls) == MANY
    assert set().union(*map(linked, polls)) == sent
    assert len({say(span, "messaging.kafka.offset") for span in recorder.spans("process")}) == MANY
    assert {ids(span)[0] for span in recorder.spans("process")} == {trace for trace, _ in sent}
    assert recorder.tracing.shutdown(60).dropped == 0


def test_empty_batches_and_partition_ends_make_no_span(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, recorder: Recorder
) -> None:
    send(bare, topic)
    consumer.assign([TopicPartition(topic, 0, 1)])
    (end,) = consumer.consume(1, 10)
    assert end.error() is not None
    assert consumer.consume(5, 0) == []
    assert recorder.spans() == []


def test_a_batch_carries_a_context_per_message(
    producer: Producer, topic: str, recorder: Recorder, receive: Receive
) -> None:
    messages: list[dict[str, Any]] = [{"value": b"%d" % number, "key": "k"} for number in range(3)]
    messages[1]["headers"] = [("x", b"1"), ("traceparent", PARENT)]
    with recorder.tracing.tracer.start_as_current_span("request"):
        assert producer.produce_batch(topic, messages, 0) == 3
    producer.flush(10)
    received = [receive() for _ in messages]
    assert [message.value() for message in received] == [b"0", b"1", b"2"]
    assert ("x", b"1") in (received[1].headers() or [])
    propagated = {value for message in received for value in traceparents(message)}
    sent = {b"%032x-%016x" % ids(span)[:2] for span in recorder.spans("send")}
    assert {value[3:52] for value in propagated} == sent
    assert {ids(span)[2] for span in recorder.spans("send")} == {ids(recorder.span("request"))[1]}
    assert messages[1]["headers"] == [("x", b"1"), ("traceparent", PARENT)]


def test_callbacks_of_a_batch_are_called(producer: Producer, topic: str) -> None:
    called: list[str] = []
    messages = [{"callback": lambda *_: called.append("its own")}, {}]
    producer.produce_batch(topic, messages, on_delivery=lambda *_: called.append("the batch's"))
    producer.flush(10)
    assert sorted(called) == ["its own", "the batch's"]


def test_what_is_refused_has_a_span_with_the_error(producer: Producer, topic: str, recorder: Recorder) -> None:
    messages: list[dict[str, Any]] = [{"value": b"v"}, {"value": b"v" * 2_000_000}]
    assert producer.produce_batch(topic, messages, 0) == 1
    assert messages[1]["_error"].name() == "MSG_SIZE_TOO_LARGE"
    producer.flush(10)
    assert {say(span, "error.type") for span in recorder.spans("send")} == {None, "MSG_SIZE_TOO_LARGE"}
    assert offsets(recorder.spans("send")) == [0, None]


def test_a_full_queue_is_said_of_the_message(unreachable: Producer, topic: str, recorder: Recorder) -> None:
    messages: list[dict[str, Any]] = [{}, {}]
    assert unreachable.produce_batch(topic, messages) == 1
    assert messages[1]["_error"].name() == "_QUEUE_FULL"
    assert say(recorder.span("send"), "error.type") == "BufferError"


@pytest.mark.parametrize("bad", [5, {"value": 5}, {"timestamp": "x"}, {"headers": "text"}])
def test_of_a_bad_batch_nothing_is_sent(producer: Producer, topic: str, recorder: Recorder, bad: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        producer.produce_batch(topic, [{"value": b"v"}, bad])
    assert len(producer) == 0
    assert recorder.spans() == []
