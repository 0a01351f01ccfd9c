import threading
import weakref
from collections.abc import Callable
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import KafkaError, Message
from kafkatrace import Producer, Tracing
from opentelemetry import baggage, context, trace
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY
from opentelemetry.trace import SpanKind, StatusCode

from .conftest import QUIET, Recorder

Receive = Callable[[], Message]
PARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def traceparents(message: Message) -> list[bytes]:
    return [value for name, value in message.headers() or [] if name == "traceparent"]  # type: ignore[misc]


def test_the_send_span_ends_in_the_delivery_report(
    producer: Producer, topic: str, recorder: Recorder
) -> None:
    producer.list_topics(topic, timeout=10)  # the cluster's id comes with metadata
    producer.produce(topic, b"value", b"key-1", partition=0)
    assert recorder.exporter.get_finished_spans() == ()
    assert producer.flush(10) == 0
    span = recorder.span(f"send {topic}")
    assert span.kind is SpanKind.PRODUCER
    assert span.status.status_code is StatusCode.UNSET
    attributes = dict(span.attributes or {})
    assert str(attributes.pop("messaging.kafka.cluster.id")).startswith("mockCluster")
    assert attributes.pop("server.port")
    assert attributes == {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.client.id": "rdkafka",
        "messaging.destination.name": topic,
        "messaging.destination.partition.id": "0",
        "messaging.kafka.offset": 0,
        "messaging.kafka.message.key": "key-1",
        "server.address": "127.0.0.1",
    }


def test_the_span_is_as_long_as_the_delivery(producer: Producer, topic: str, recorder: Recorder) -> None:
    reported: list[float] = []
    producer.produce(topic, b"v", on_delivery=lambda _, message: reported.append(message.latency() or 0))
    producer.flush(10)
    span = recorder.span("send")
    assert span.end_time is not None
    assert span.start_time is not None
    assert span.end_time - span.start_time >= reported[0] * 1e9


def test_tombstones_and_binary_keys(producer: Producer, topic: str, recorder: Recorder) -> None:
    producer.produce(topic, None, b"\xff\xfe")
    producer.flush(10)
    attributes = recorder.span("send").attributes or {}
    assert attributes["messaging.kafka.message.tombstone"] is True
    assert "messaging.kafka.message.key" not in attributes


def test_the_record_carries_the_send_span(
    producer: Producer, topic: str, recorder: Recorder, receive: Receive
) -> None:
    producer.produce(topic, b"v", partition=0, headers={"x": "1"})
    producer.flush(10)
    message = receive()
    sent = recorder.span("send").get_span_context()
    assert sent is not None
    assert traceparents(message) == [b"00-%032x-%016x-%02x" % (sent.trace_id, sent.span_id, sent.trace_flags)]
    assert ("x", b"1") in (message.headers() or [])


def test_the_callers_headers_are_never_changed(producer: Producer, topic: str, receive: Receive) -> None:
    headers: list[Any] = [("traceparent", PARENT), ("x", b"1")]
    for _ in range(3):
        producer.produce(topic, b"v", partition=0, headers=headers)
    producer.flush(10)
    assert headers == [("traceparent", PARENT), ("x", b"1")]
    assert len(traceparents(receive())) == 1


def test_positional_headers_are_seen(producer: Producer, topic: str, receive: Receive) -> None:
    producer.produce(topic, b"v", b"k", 0, None, None, 0, [("x", b"1")])
    producer.flush(10)
    message = receive()
    assert len(traceparents(message)) == 1
    assert ("x", b"1") in (message.headers() or [])


def test_the_current_span_is_the_parent(producer: Producer, topic: str, recorder: Recorder) -> None:
    with recorder.tracing.tracer.start_as_current_span("request") as request:
        producer.produce(topic, b"v")
    producer.flush(10)
    parent = recorder.span("send").parent
    assert parent is not None
    assert parent.span_id == request.get_span_context().span_id


def test_forwarded_headers_continue_their_trace_where_no_span_is_current(
    producer: Producer, topic: str, recorder: Recorder
) -> None:
    producer.produce(topic, b"v", headers=[("traceparent", PARENT)])
    producer.flush(10)
    parent = recorder.span("send").parent
    assert parent is not None
    assert f"{parent.trace_id:032x}-{parent.span_id:016x}".encode() == PARENT[3:52]


def test_baggage_travels(producer: Producer, topic: str, receive: Receive) -> None:
    token = context.attach(baggage.set_baggage("user", "Amélie"))
    try:
        producer.produce(topic, b"v", partition=0)
    finally:
        context.detach(token)
    producer.flush(10)
    assert ("baggage", b"user=Am%C3%A9lie") in (receive().headers() or [])


@pytest.mark.parametrize("name", ["callback", "on_delivery"])
def test_the_users_callback_is_called_with_the_report(producer: Producer, topic: str, name: str) -> None:
    reports: list[tuple[KafkaError | None, str | None]] = []
    producer.produce(topic, b"v", **{name: lambda error, message: reports.append((error, message.topic()))})  # type: ignore[arg-type]
    producer.flush(10)
    assert reports == [(None, topic)]


def test_of_two_callbacks_the_original_calls_the_first(producer: Producer, topic: str) -> None:
    called: list[str] = []
    producer.produce(
        topic,
        b"v",
        callback=lambda *_: called.append("callback"),
        on_delivery=lambda *_: called.append("on_delivery"),
    )
    producer.flush(10)
    assert called == ["callback"]


@pytest.mark.parametrize("sampled", [True, False])
def test_the_configurations_callback_is_the_default(
    broker: str, topic: str, recorder: Recorder, unsampled: Recorder, sampled: bool
) -> None:
    called: list[str] = []
    conf = {"bootstrap.servers": broker, "on_delivery": lambda *_: called.append("configured"), **QUIET}
    producer = Producer(conf, tracing=(recorder if sampled else unsampled).tracing)
    producer.produce(topic, b"v")
    producer.produce(topic, b"v", on_delivery=lambda *_: called.append("given"))
    producer.flush(10)
    assert sorted(called) == ["configured", "given"]


@pytest.mark.parametrize("sampled", [True, False])
def test_reports_of_errors_only_still_end_every_span(
    broker: str, topic: str, recorder: Recorder, unsampled: Recorder, sampled: bool
) -> None:
    conf = {"bootstrap.servers": broker, "delivery.report.only.error": True, **QUIET}
    producer = Producer(conf, tracing=(recorder if sampled else unsampled).tracing)
    called: list[KafkaError | None] = []
    producer.produce(topic, b"v", on_delivery=lambda error, _: called.append(error))
    producer.flush(10)
    assert called == []
    assert len(recorder.spans("send")) == int(sampled)


def test_an_exception_in_the_users_callback_comes_out_and_the_span_is_ended(
    producer: Producer, topic: str, recorder: Recorder
) -> None:
    def fail(_: KafkaError | None, __: Message) -> None:
        raise LookupError("no such order")

    producer.produce(topic, b"v", on_delivery=fail)
    with pytest.raises(LookupError, match="no such order"):
        producer.flush(10)
    assert recorder.span("send").status.status_code is StatusCode.UNSET


def test_a_failed_delivery_is_an_error_on_the_span(
    unreachable: Producer, topic: str, recorder: Recorder
) -> None:
    reports: list[KafkaError | None] = []
    unreachable.produce(topic, b"v", on_delivery=lambda error, _: reports.append(error))
    unreachable.purge()
    unreachable.flush(10)
    span = recorder.span("send")
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "_PURGE_QUEUE"
    assert "messaging.kafka.offset" not in (span.attributes or {})
    assert [error.name() for error in reports if error] == ["_PURGE_QUEUE"]


def test_a_full_queue_ends_the_span_and_raises(unreachable: Producer, topic: str, recorder: Recorder) -> None:
    unreachable.produce(topic, b"first")
    with pytest.raises(BufferError):
        unreachable.produce(topic, b"second")
    span = recorder.span("send")
    assert (span.attributes or {})["error.type"] == "BufferError"
    assert span.status.status_code is StatusCode.ERROR
    assert [event.name for event in span.events] == ["exception"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"topic": "t", "headers": (("a", b"1"),)},
        {"topic": "t", "headers": "text"},
        {"topic": "t", "headers": [("a",)]},
        {"topic": "t", "headers": [("a", 5)]},
        {"topic": "t", "value": 5},
        {"topic": "t", "partition": "0"},
        {"topic": "t", "colour": "blue"},
        {},
    ],
)
def test_bad_arguments_are_refused_as_by_the_original(
    producer: Producer, bare: confluent_kafka.Producer, arguments: dict[str, Any]
) -> None:
    with pytest.raises(TypeError):
        bare.produce(**arguments)
    with pytest.raises(TypeError):
        producer.produce(**arguments)


def test_unsampled_records_carry_the_decision_and_make_no_span(
    broker: str, topic: str, unsampled: Recorder, receive: Receive
) -> None:
    producer = Producer({"bootstrap.servers": broker, **QUIET}, tracing=unsampled.tracing)
    producer.produce(topic, b"v", partition=0)
    producer.flush(10)
    (carried,) = traceparents(receive())
    assert int(carried[-2:], 16) & 1 == 0
    assert unsampled.spans() == []


@pytest.mark.parametrize("key", [_SUPPRESS_INSTRUMENTATION_KEY, "suppress_instrumentation"])
def test_suppressed_records_are_sent_as_they_are(
    producer: Producer, topic: str, recorder: Recorder, receive: Receive, key: str
) -> None:
    called: list[Message] = []
    token = context.attach(context.set_value(key, True))
    try:
        producer.produce(topic, b"v", partition=0, on_delivery=lambda _, message: called.append(message))
    finally:
        context.detach(token)
    producer.flush(10)
    assert receive().headers() is None
    assert len(called) == 1
    assert recorder.spans() == []


def test_configuration_by_keyword(broker: str, topic: str, tracing: Tracing, recorder: Recorder) -> None:
    producer = Producer(tracing=tracing, **{"bootstrap.servers": broker, "client.id": "shop-1", **QUIET})
    producer.produce(topic, b"v")
    producer.flush(10)
    assert (recorder.span("send").attributes or {})["messaging.client.id"] == "shop-1"


def test_without_configuration_it_refuses_as_the_original() -> None:
    with pytest.raises(TypeError, match="expected configuration dict"):
        Producer("localhost:9092")


def test_a_dropped_producer_is_freed(broker: str, topic: str, tracing: Tracing) -> None:
    producer = Producer({"bootstrap.servers": broker, **QUIET}, tracing=tracing)
    producer.produce(topic, b"v")
    producer.flush(10)
    gone = weakref.ref(producer)
    del producer
    assert gone() is None


def test_many_threads_make_many_traces(producer: Producer, topic: str, recorder: Recorder) -> None:
    def produce() -> None:
        for _ in range(20):
            producer.produce(topic, b"v")

    threads = [threading.Thread(target=produce) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    producer.flush(10)
    spans = recorder.spans("send")
    assert len({span.get_span_context().trace_id for span in spans}) == 100  # type: ignore[union-attr]
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_many_reports_are_served_by_one_flush(producer: Producer, topic: str, recorder: Recorder) -> None:
    # a client method called from a delivery report would abort the process at the next report
    for _ in range(50):
        producer.produce(topic, b"v")
    assert producer.flush(10) == 0
    assert len(recorder.spans("send")) == 50
