"""A send that failed has its span though it is not sampled, where errors are kept."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import confluent_kafka
import pytest
from confluent_kafka import KafkaError
from kafkatrace import AIOProducer, Producer
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from tests.unit.kafkatrace.handmade import Inbox
from tests.unit.kafkatrace.recording import PARENT, QUIET, UNSAMPLED, Recorder, ids, say, traceparents

KEPT: Final = "kafkatrace.kept"
NOWHERE: Final = {"bootstrap.servers": "127.0.0.1:1", "queue.buffering.max.messages": 1, **QUIET}
TRACE: Final = int(PARENT[3:35], 16)
Fail = Callable[..., ReadableSpan]


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder(0, keep_errors=True)
    yield recorder
    recorder.tracing.shutdown()


@pytest.fixture(params=[{}, {"delivery.report.only.error": True}], ids=["every report", "errors only"])
def producer(request: pytest.FixtureRequest, recorder: Recorder) -> Iterator[Producer]:
    producer = Producer({**NOWHERE, **request.param}, tracing=recorder.tracing)
    yield producer
    producer.purge()
    producer.flush(5)


@pytest.fixture
def fail(producer: Producer, recorder: Recorder) -> Fail:
    """Produce one record that is not delivered; its span."""

    def fail(**given: Any) -> ReadableSpan:
        with suppress(KeyError):
            producer.produce("t", **given)
        producer.purge()
        producer.flush(10)
        return recorder.span("send t")

    return fail


def test_a_failed_delivery_is_kept(fail: Fail, recorder: Recorder) -> None:
    span = fail(value=None, key=b"k")
    assert span.parent is None
    assert span.get_span_context().trace_flags.sampled  # type: ignore[union-attr]
    assert span.status.status_code is StatusCode.ERROR
    assert say(span, KEPT) == "error"
    assert say(span, "error.type") == "_PURGE_QUEUE"
    assert say(span, "messaging.kafka.message.key") == "k"
    assert say(span, "messaging.kafka.message.tombstone") is True
    assert say(span, "kafkatrace.unsampled_parent.span_id") is None
    result = recorder.tracing.shutdown()
    assert (result.exported, result.dropped) == (1, 0)


def test_its_ids_are_those_that_its_record_had(recorder: Recorder) -> None:
    given: list[Any] = []
    producer = Producer(NOWHERE, tracing=recorder.tracing)
    producer._sender.ready.append(UNSAMPLED)
    producer.produce("t", b"v", on_delivery=lambda error, message: given.append(error))
    producer.purge()
    producer.flush(10)
    assert ids(recorder.span("send t")) == (TRACE, int(PARENT[36:52], 16), None)
    assert [error.name() for error in given] == ["_PURGE_QUEUE"]


@pytest.mark.parametrize("inside", [False, True], ids=["forwarded headers", "a process span"])
def test_one_with_a_parent_is_a_root_of_the_same_trace(fail: Fail, recorder: Recorder, inside: bool) -> None:
    if inside:
        with Inbox(recorder.tracing).take(("traceparent", UNSAMPLED)):
            span = fail(value=b"v")
    else:
        span = fail(value=b"v", headers=[("traceparent", UNSAMPLED)])
    assert ids(span) == (TRACE, ids(span)[1], None)
    assert ids(span)[1] != int(PARENT[36:52], 16)
    assert say(span, "kafkatrace.unsampled_parent.trace_id") == PARENT[3:35].decode()
    assert say(span, "kafkatrace.unsampled_parent.span_id") == PARENT[36:52].decode()


def test_one_that_is_sampled_is_not_kept_late(fail: Fail) -> None:
    span = fail(value=b"v", headers=[("traceparent", PARENT)])
    assert ids(span)[2] == int(PARENT[36:52], 16)
    assert say(span, KEPT) is None


def test_one_that_the_full_queue_refuses_is_kept(producer: Producer, recorder: Recorder) -> None:
    producer.produce("t", b"first")
    with pytest.raises(BufferError):
        producer.produce("t", b"second", b"k")
    span = recorder.span("send t")
    assert say(span, KEPT) == "error"
    assert say(span, "error.type") == "BufferError"
    assert say(span, "messaging.kafka.message.key") == "k"


def test_one_that_is_delivered_is_not(broker: str, topic: str, recorder: Recorder) -> None:
    reports: list[KafkaError | None] = []
    producer = Producer({"bootstrap.servers": broker, **QUIET}, tracing=recorder.tracing)
    producer.produce(topic, b"v", on_delivery=lambda error, _: reports.append(error))
    producer.flush(10)
    assert reports == [None]
    assert recorder.spans() == []


@pytest.mark.parametrize("metrics", ["none", ""])
def test_it_is_kept_with_and_without_metrics(monkeypatch: pytest.MonkeyPatch, metrics: str) -> None:
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", metrics)
    recorder = Recorder(0, keep_errors=True)
    producer = Producer(NOWHERE, tracing=recorder.tracing)
    producer.produce("t", b"v")
    producer.purge()
    producer.flush(10)
    assert say(recorder.span("send t"), KEPT) == "error"


@pytest.mark.parametrize("configured", [{}, {"keep_slower_than": 0}])
def test_it_is_not_kept_where_errors_are_not(configured: dict[str, Any]) -> None:
    recorder = Recorder(0, **configured)
    producer = Producer(NOWHERE, tracing=recorder.tracing)
    producer.produce("t", b"v")
    producer.purge()
    producer.flush(10)
    assert recorder.spans() == []


def test_the_record_is_marked_as_not_sampled(broker: str, topic: str, recorder: Recorder) -> None:
    producer = Producer({"bootstrap.servers": broker, **QUIET}, tracing=recorder.tracing)
    producer.produce(topic, b"v", partition=0)
    producer.flush(10)
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker, "group.id": "g", **QUIET})
    consumer.assign([confluent_kafka.TopicPartition(topic, 0, 0)])
    message = consumer.poll(10)
    consumer.close()
    assert message is not None
    (propagated,) = traceparents(message)
    assert int(propagated[-2:], 16) & 1 == 0


def test_each_of_a_batch_is_kept(recorder: Recorder) -> None:
    producer = Producer({**NOWHERE, "queue.buffering.max.messages": 2}, tracing=recorder.tracing)
    assert producer.produce_batch("t", [{"value": b"1"}, {"value": b"2"}, {"value": b"3"}]) == 2
    producer.purge()
    producer.flush(10)
    spans = recorder.spans("send t")
    assert sorted(str(say(span, "error.type")) for span in spans) == ["BufferError", *["_PURGE_QUEUE"] * 2]
    assert {say(span, KEPT) for span in spans} == {"error"}


async def test_one_of_an_asyncio_client_is_kept(recorder: Recorder) -> None:
    producer = AIOProducer(dict(NOWHERE), tracing=recorder.tracing, batch_size=1)
    waiting = await producer.produce("t", b"v")
    await producer.purge()
    with suppress(confluent_kafka.KafkaException):
        await asyncio.wait_for(waiting, 30)
    await producer.close()
    assert say(recorder.span("send t"), KEPT) == "error"
