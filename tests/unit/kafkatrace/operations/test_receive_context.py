import asyncio

import confluent_kafka
import pytest
from confluent_kafka import Message
from kafkatrace import Consumer, Producer
from kafkatrace.spans import semconv
from opentelemetry import baggage, context, trace

from tests.unit.kafkatrace.recording import PARENT, UNSAMPLED, Receive, Recorder, ids, say, send


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
