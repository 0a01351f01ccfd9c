import asyncio
from collections.abc import Callable

import confluent_kafka
import pytest
from confluent_kafka import Message, TopicPartition
from kafkatrace import Consumer, Producer, semconv
from opentelemetry import baggage, context, trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from .conftest import Recorder

Receive = Callable[[], Message]
PARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = PARENT[:-2] + b"00"


def ids(span: ReadableSpan) -> tuple[int, int, int | None]:
    """Trace id, own id, parent's id."""
    own = span.get_span_context()
    assert own is not None
    return own.trace_id, own.span_id, span.parent.span_id if span.parent else None


def say(span: ReadableSpan, name: str) -> object:
    return (span.attributes or {}).get(name)


def send(bare: confluent_kafka.Producer, topic: str, *headers: tuple[str, bytes | None]) -> None:
    bare.produce(topic, b"v", b"key-1", partition=0, headers=list(headers))
    bare.flush(10)


def test_one_connected_trace_from_send_over_queue_to_process(
    producer: Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    producer.produce(topic, b"v", partition=0)
    producer.flush(10)
    with consumer.process(receive()):
        pass
    sent, queued, processed = (recorder.span(name) for name in ("send", "queue", "process"))
    assert {ids(span)[0] for span in (sent, queued, processed)} == {ids(sent)[0]}
    assert ids(sent)[2] is None
    assert ids(queued)[2] == ids(sent)[1]
    assert ids(processed)[2] == ids(queued)[1]
    services = [span.resource.attributes["service.name"] for span in (sent, queued, processed)]
    assert services == ["orders", "kafka", "orders"]
    assert [span.kind for span in (queued, processed)] == [SpanKind.INTERNAL, SpanKind.CONSUMER]


def test_the_queue_span_lasts_from_the_timestamp_to_the_poll(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    send(bare, topic)
    message = receive()
    with consumer.process(message):
        pass
    queued, processed = recorder.span("queue"), recorder.span("process")
    assert queued.start_time == message.timestamp()[1] * 1_000_000
    assert queued.end_time is not None
    assert processed.start_time is not None
    assert processed.end_time is not None
    assert queued.start_time <= queued.end_time <= processed.start_time
    milliseconds = (queued.end_time - queued.start_time) / 1e6
    assert (
        say(processed, semconv.QUEUE_MILLISECONDS) == say(queued, semconv.QUEUE_MILLISECONDS) == milliseconds
    )
    whole = (processed.end_time - queued.start_time) / 1e6
    assert say(processed, semconv.END_TO_END_MILLISECONDS) == whole
    assert say(queued, semconv.TIMESTAMP_TYPE) == "CreateTime"


def test_what_the_process_span_says(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    send(bare, topic)
    with consumer.process(receive()):
        pass
    attributes = dict(recorder.span(f"process {topic}").attributes or {})
    for measured in (semconv.QUEUE_MILLISECONDS, semconv.END_TO_END_MILLISECONDS, semconv.SERVER_PORT):
        assert attributes.pop(measured) is not None
    assert str(attributes.pop("messaging.kafka.cluster.id")).startswith("mockCluster")
    assert attributes == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.client.id": "billing-0",
        "messaging.consumer.group.name": "billing",
        "messaging.destination.name": topic,
        "messaging.destination.partition.id": "0",
        "messaging.kafka.offset": 0,
        "messaging.kafka.message.key": "key-1",
        "server.address": "127.0.0.1",
        "kafkatrace.timestamp.type": "CreateTime",
        "kafkatrace.timestamp.resolution_ms": 1,
        "kafkatrace.consumer.lag": 0,
    }


def test_lag_counts_the_records_behind(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    for _ in range(3):
        send(bare, topic)
    with consumer.process(receive()):
        pass
    assert say(recorder.span("process"), semconv.LAG) == 2


def test_a_timestamp_from_the_future_is_shown_as_negative_and_counted(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    bare.produce(topic, b"v", partition=0, timestamp=4_102_444_800_000)
    bare.flush(10)
    with consumer.process(receive()):
        pass
    queued, processed = recorder.span("queue"), recorder.span("process")
    assert queued.start_time == queued.end_time
    for span in (queued, processed):
        assert float(str(say(span, semconv.QUEUE_MILLISECONDS))) < 0
        assert say(span, semconv.CLOCK_SKEW) is True
    assert float(str(say(processed, semconv.END_TO_END_MILLISECONDS))) < 0
    assert recorder.tracing.counters.negative_queue_times == 1


@pytest.mark.parametrize("timestamp", [-5, 2**63 - 1])
def test_an_absurd_timestamp_costs_only_the_queue_time(
    bare: confluent_kafka.Producer,
    topic: str,
    consumer: Consumer,
    receive: Receive,
    recorder: Recorder,
    timestamp: int,
) -> None:
    bare.produce(topic, b"v", partition=0, timestamp=timestamp)
    bare.flush(10)
    with consumer.process(receive()):
        pass
    assert recorder.span("queue").start_time == recorder.span("queue").end_time
    assert say(recorder.span("process"), semconv.QUEUE_MILLISECONDS) is None


def test_each_message_of_a_batch_has_its_own_connected_spans(
    producer: Producer, topic: str, consumer: Consumer, recorder: Recorder
) -> None:
    for _ in range(150):
        producer.produce(topic, b"v", partition=0)
    producer.flush(10)
    consumer.assign([TopicPartition(topic, 0, 0)])
    messages: list[Message] = []
    while len(messages) < 150:
        messages += [message for message in consumer.consume(150, 10) if message.error() is None]
    for message in messages:
        with consumer.process(message):
            pass
    sent = {ids(span)[1] for span in recorder.spans("send")}
    queued = {ids(span)[1]: ids(span)[2] for span in recorder.spans("queue")}
    processed = [ids(span)[2] for span in recorder.spans("process")]
    assert set(queued.values()) == sent
    assert set(processed) == set(queued)
    assert len(processed) == 150
    assert all(say(span, semconv.POLL_TIME_KNOWN) is None for span in recorder.spans("queue"))


def test_waiting_between_poll_and_process_is_not_queue_time(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    send(bare, topic)
    send(bare, topic)
    first, second = receive(), receive()
    with consumer.process(second):
        pass
    with consumer.process(first):
        pass
    by_offset = {say(span, "messaging.kafka.offset"): span.end_time or 0 for span in recorder.spans("queue")}
    assert by_offset[0] < by_offset[1]


def test_a_message_polled_elsewhere_is_processed_with_a_word_about_it(
    topic: str, consumer: Consumer, recorder: Recorder
) -> None:
    with consumer.process(Message(topic=topic, partition=3, offset=7, timestamp=(1, 1000))):
        pass
    assert say(recorder.span("queue"), semconv.POLL_TIME_KNOWN) is False


def test_the_handlers_exception_is_recorded_and_raised(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    send(bare, topic)
    with pytest.raises(KeyError, match="price"), consumer.process(receive()):
        raise KeyError("price")
    span = recorder.span("process")
    assert span.status.status_code is StatusCode.ERROR
    assert say(span, "error.type") == "KeyError"
    assert [event.name for event in span.events] == ["exception"]
    assert recorder.span("queue").status.status_code is StatusCode.UNSET
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_the_handlers_own_spans_and_sends_are_children(
    bare: confluent_kafka.Producer,
    producer: Producer,
    topic: str,
    consumer: Consumer,
    receive: Receive,
    recorder: Recorder,
) -> None:
    send(bare, topic, ("traceparent", PARENT))
    message = receive()
    with pytest.raises(ValueError, match="poison"), consumer.process(message) as span:
        assert trace.get_current_span() is span
        producer.produce(f"{topic}.dlq", message.value(), headers=message.headers())
        raise ValueError("poison")
    producer.flush(10)
    processed, dead = recorder.span("process"), recorder.span("send")
    assert ids(dead)[0] == ids(processed)[0] == int(PARENT[3:35], 16)
    assert ids(dead)[2] == ids(processed)[1]


def test_baggage_is_there_for_the_handler_and_gone_after(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive
) -> None:
    send(bare, topic, ("traceparent", PARENT), ("baggage", b"user=7"))
    with consumer.process(receive()):
        assert baggage.get_all() == {"user": "7"}
    assert baggage.get_all() == {}


def test_an_unsampled_sender_is_honoured_and_passed_on(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    send(bare, topic, ("traceparent", UNSAMPLED))
    with consumer.process(receive()) as span:
        assert not span.is_recording()
        assert span.get_span_context().trace_id == int(UNSAMPLED[3:35], 16)
    assert recorder.spans() == []


def test_random_flag_beside_the_sampled_one(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    send(bare, topic, ("traceparent", PARENT[:-2] + b"03"))
    with consumer.process(receive()):
        pass
    assert ids(recorder.span("process"))[0] == int(PARENT[3:35], 16)


@pytest.mark.parametrize(
    "value", [b"\xff\xfe\xfd", None, b"", b"00-" + b"0" * 32 + b"-b7ad6b7169203331-01", b"x" * 100_000]
)
def test_a_malformed_traceparent_starts_a_fresh_trace_and_is_counted(
    bare: confluent_kafka.Producer,
    topic: str,
    consumer: Consumer,
    receive: Receive,
    recorder: Recorder,
    value: bytes | None,
) -> None:
    send(bare, topic, ("traceparent", value), ("tracestate", b"\xff"), ("baggage", b"\xff"))
    with consumer.process(receive()):
        pass
    queued, processed = recorder.span("queue"), recorder.span("process")
    assert ids(queued)[2] is None
    assert ids(processed)[2] == ids(queued)[1]
    assert say(processed, semconv.MALFORMED_HEADERS) == ("traceparent", "baggage")
    assert recorder.tracing.counters.malformed_headers == 2


def test_a_message_from_an_untraced_sender_starts_a_trace(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    send(bare, topic)
    with recorder.tracing.tracer.start_as_current_span("loop"), consumer.process(receive()):
        pass
    assert ids(recorder.span("queue"))[2] is None
    assert ids(recorder.span("process"))[2] == ids(recorder.span("queue"))[1]
    assert say(recorder.span("process"), semconv.MALFORMED_HEADERS) is None


def test_empty_polls_and_partition_ends_make_nothing(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, recorder: Recorder
) -> None:
    send(bare, topic)
    consumer.assign([TopicPartition(topic, 0, 1)])
    event = consumer.poll(10)
    assert event is not None
    assert event.error() is not None
    assert consumer.poll(0) is None
    with (
        pytest.raises(ValueError, match=r"_PARTITION_EOF.*look at message.error\(\)"),
        consumer.process(event),
    ):
        pass
    assert recorder.spans() == []


def test_suppressed_messages_are_handled_without_spans(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    send(bare, topic, ("traceparent", PARENT))
    message = receive()
    token = context.attach(context.set_value("suppress_instrumentation", True))
    try:
        with consumer.process(message) as span:
            assert span is trace.INVALID_SPAN
    finally:
        context.detach(token)
    assert recorder.spans() == []


def test_messages_are_processed_after_close(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    send(bare, topic)
    message = receive()
    consumer.close()
    with consumer.process(message):
        pass
    assert say(recorder.span("process"), semconv.LAG) is None


async def test_tasks_keep_their_own_spans(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    for _ in range(2):
        send(bare, topic)
    first, second = receive(), receive()
    both_inside = asyncio.Barrier(2)

    async def handle(message: Message) -> None:
        with consumer.process(message) as span:
            await both_inside.wait()
            assert trace.get_current_span() is span

    await asyncio.gather(handle(first), asyncio.create_task(handle(second)))
    assert len(recorder.spans("process")) == 2


async def test_a_message_polled_in_another_thread_is_processed_in_this_one(
    bare: confluent_kafka.Producer,
    topic: str,
    consumer: Consumer,
    receive: Receive,
    recorder: Recorder,
    caplog: pytest.LogCaptureFixture,
) -> None:
    send(bare, topic)
    with consumer.process(await asyncio.to_thread(receive)):
        pass
    assert caplog.records == []
    assert say(recorder.span("queue"), semconv.POLL_TIME_KNOWN) is None
