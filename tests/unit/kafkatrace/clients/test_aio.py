import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import confluent_kafka
import pytest
import pytest_asyncio
from confluent_kafka import KafkaException, Message, TopicPartition
from kafkatrace import AIOConsumer, AIOProducer
from kafkatrace.spans import semconv
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from tests.unit.kafkatrace.recording import QUIET, Receive, Recorder, ids, linked, say, send, traceparents


@pytest_asyncio.fixture
async def producing(broker: str, recorder: Recorder) -> AsyncIterator[AIOProducer]:
    conf = {"bootstrap.servers": broker, "linger.ms": 0, **QUIET}
    async with AIOProducer(conf, buffer_timeout=0, tracing=recorder.tracing) as producer:
        yield producer


@pytest_asyncio.fixture
async def consuming(broker: str, topic: str, recorder: Recorder) -> AsyncIterator[AIOConsumer]:
    conf = {"bootstrap.servers": broker, "group.id": topic, "auto.offset.reset": "earliest", **QUIET}
    async with AIOConsumer({**conf, "enable.partition.eof": True}, tracing=recorder.tracing) as consumer:
        yield consumer


async def received(consumer: AIOConsumer, topic: str) -> Message:
    await consumer.assign([TopicPartition(topic, 0, 0)])
    message = await consumer.poll(10)
    assert message is not None
    assert message.error() is None
    return message


async def test_the_record_carries_the_span_of_produce(
    producing: AIOProducer, topic: str, recorder: Recorder, receive: Receive
) -> None:
    with recorder.tracing.tracer.start_as_current_span("request"):
        future = await producing.produce(topic, b"v", "key-1", partition=0, headers={"x": b"1"})
    with recorder.tracing.tracer.start_as_current_span("later"):
        await producing.flush()
    delivered = await future
    assert (delivered.partition(), delivered.offset()) == (0, 0)
    message = receive()
    assert ("x", b"1") in (message.headers() or [])
    sent = recorder.span(f"send {topic}")
    assert [value[3:52] for value in traceparents(message)] == [b"%032x-%016x" % ids(sent)[:2]]
    assert ids(sent)[2] == ids(recorder.span("request"))[1]
    assert say(sent, "messaging.kafka.offset") == 0
    assert say(sent, "messaging.destination.partition.id") == "0"
    assert say(sent, "messaging.kafka.message.key") == "key-1"
    assert str(say(sent, "messaging.kafka.cluster.id")).startswith("mockCluster")


async def test_each_message_of_a_batch_has_its_own_span(
    producing: AIOProducer, topic: str, recorder: Recorder, receive: Receive
) -> None:
    for _ in range(5):
        await producing.produce(topic, b"v", partition=0)
    await producing.flush()
    propagated = {value[3:52] for _ in range(5) for value in traceparents(receive())}
    assert propagated == {b"%032x-%016x" % ids(span)[:2] for span in recorder.spans("send")}
    assert len(propagated) == 5


async def test_what_cannot_be_delivered_is_an_error_on_the_span(
    producing: AIOProducer, topic: str, recorder: Recorder
) -> None:
    future = await producing.produce(topic, b"v" * 2_000_000)
    await producing.flush()
    with pytest.raises(KafkaException):
        await future
    span = recorder.span("send")
    assert say(span, "error.type") == "MSG_SIZE_TOO_LARGE"
    assert span.status.status_code is StatusCode.ERROR


async def test_a_purge_ends_the_spans_of_the_buffered(producing: AIOProducer, topic: str, recorder: Recorder) -> None:
    future = await producing.produce(topic, b"v")
    await producing.purge()
    assert future.cancelled()
    assert say(recorder.span("send"), "error.type") == "_PURGE_QUEUE"


async def test_a_purge_ends_the_spans_of_those_under_way(topic: str, recorder: Recorder) -> None:
    producer = AIOProducer({"bootstrap.servers": "127.0.0.1:1", **QUIET}, tracing=recorder.tracing)
    future = await producer.produce(topic, b"v")
    await producer.flush(0)
    await producer.purge()
    await producer.close()
    with pytest.raises(KafkaException):
        await future
    assert say(recorder.span("send"), "error.type") == "_PURGE_QUEUE"


async def test_who_no_longer_waits_changes_nothing_on_the_span(
    producing: AIOProducer, topic: str, recorder: Recorder
) -> None:
    (await producing.produce(topic, b"v")).cancel()
    await producing.flush()
    span = recorder.span("send")
    assert span.status.status_code is StatusCode.UNSET
    assert say(span, "messaging.kafka.offset") == 0


async def test_a_failure_that_nobody_asks_for_is_still_logged(
    producing: AIOProducer, topic: str, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    await producing.produce(topic, b"v" * 2_000_000)
    await producing.flush()
    recorder.tracing.shutdown()  # the span had the exception, and its frames the future
    gc.collect()
    assert "exception was never retrieved" in caplog.text


@pytest.mark.parametrize("headers", ["text", 5, [("a",)], {"a": 5}])
async def test_bad_headers_are_refused_at_once(
    producing: AIOProducer, topic: str, recorder: Recorder, headers: Any
) -> None:
    with pytest.raises(TypeError, match="headers"):
        await producing.produce(topic, b"v", headers=headers)
    assert len(producing) == 0
    assert recorder.tracing.shutdown(60).dropped == 0


async def test_a_bad_batch_ends_the_spans_of_all_its_messages(
    producing: AIOProducer, topic: str, recorder: Recorder
) -> None:
    futures = [await producing.produce(topic, value) for value in (b"v", 5)]
    with pytest.raises(TypeError):
        await producing.flush()
    assert {type(error) for error in await asyncio.gather(*futures, return_exceptions=True)} == {TypeError}
    assert [say(span, "error.type") for span in recorder.spans("send")] == ["TypeError"] * 2
    producing._batch_processor.clear_buffer()  # the original keeps what it could not send


async def test_process_continues_the_trace(
    producing: AIOProducer, consuming: AIOConsumer, topic: str, recorder: Recorder
) -> None:
    await producing.produce(topic, b"v", partition=0)
    await producing.flush()
    with consuming.process(await received(consuming, topic)) as span:
        await asyncio.sleep(0)
        assert trace.get_current_span() is span
    sent, queued, processed = (recorder.span(name) for name in ("send", "queue", "process"))
    assert ids(queued)[2] == ids(sent)[1]
    assert ids(processed)[2] == ids(queued)[1]
    assert say(processed, "messaging.consumer.group.name") == topic


async def test_consume_and_process_all(
    producing: AIOProducer, consuming: AIOConsumer, topic: str, recorder: Recorder
) -> None:
    for _ in range(3):
        await producing.produce(topic, b"v", partition=0)
    await producing.flush()
    await consuming.assign([TopicPartition(topic, 0, 0)])
    messages: list[Message] = []
    while len(messages) < 3:
        messages += [each for each in await consuming.consume(3, 10) if each.error() is None]
    for message in consuming.process_all(messages):
        assert trace.get_current_span().is_recording(), message.offset()
    sent = {ids(span)[:2] for span in recorder.spans("send")}
    assert set().union(*map(linked, recorder.spans(f"poll {topic}"))) == sent
    assert {ids(span)[0] for span in recorder.spans("process")} == {each for each, _ in sent}


async def test_async_for_gives_each_message_in_its_span(
    bare: confluent_kafka.Producer, consuming: AIOConsumer, topic: str, recorder: Recorder
) -> None:
    for _ in range(3):
        send(bare, topic)
    await consuming.assign([TopicPartition(topic, 0, 0)])
    seen: list[int] = []
    async for _ in consuming:
        await asyncio.sleep(0)
        seen.append(trace.get_current_span().get_span_context().span_id)
        if len(seen) == 3:
            break
    assert trace.get_current_span() is trace.INVALID_SPAN
    spans = recorder.spans("process")
    assert [ids(span)[1] for span in spans] == seen
    assert [say(span, semconv.LOOP_LEFT) for span in spans] == [None, None, True]


async def test_waiting_for_the_next_message_is_no_processing(
    producing: AIOProducer, consuming: AIOConsumer, topic: str, recorder: Recorder
) -> None:
    async def send_later() -> None:
        await asyncio.sleep(0.5)
        await producing.produce(topic, b"v", partition=0)
        await producing.flush()

    await producing.produce(topic, b"v", partition=0)
    await producing.flush()
    await consuming.assign([TopicPartition(topic, 0, 0)])
    later = asyncio.create_task(send_later())
    async for message in consuming:
        if message.offset() == 1:
            break
    await later
    assert all((span.end_time or 0) - (span.start_time or 0) < 400_000_000 for span in recorder.spans("process"))


async def test_an_exception_in_the_body_leaves_no_span_behind(
    bare: confluent_kafka.Producer, consuming: AIOConsumer, topic: str, recorder: Recorder
) -> None:
    send(bare, topic)
    await consuming.assign([TopicPartition(topic, 0, 0)])
    with pytest.raises(KeyError):
        async for _ in consuming:
            raise KeyError("price")
    assert trace.get_current_span() is trace.INVALID_SPAN
    assert say(recorder.span("process"), semconv.LOOP_LEFT) is True
    assert recorder.tracing.shutdown(60).dropped == 0
