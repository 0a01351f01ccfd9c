from typing import Any

import pytest
from confluent_kafka import KafkaError, Message
from kafkatrace import Producer
from opentelemetry import baggage, context
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY
from opentelemetry.trace import SpanKind, StatusCode

from tests.unit.kafkatrace.recording import PARENT, QUIET, Receive, Recorder, traceparents


def test_the_send_span_ends_in_the_delivery_report(producer: Producer, topic: str, recorder: Recorder) -> None:
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
    assert attributes == {  # no clock's offset: the mock broker's stamp of 1234 ms is too far off to be a time
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


def test_the_record_carries_the_send_span(producer: Producer, topic: str, recorder: Recorder, receive: Receive) -> None:
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


def test_baggage_stays_at_home_where_the_propagators_say_so(
    broker: str, topic: str, receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_PROPAGATORS", "tracecontext")
    recorder = Recorder()
    producer = Producer({"bootstrap.servers": broker, **QUIET}, tracing=recorder.tracing)
    token = context.attach(baggage.set_baggage("user", "7"))
    try:
        producer.produce(topic, b"v", partition=0)
    finally:
        context.detach(token)
    producer.flush(10)
    headers = receive().headers() or []
    assert [header[0] for header in headers] == ["traceparent"]
    recorder.tracing.shutdown()


def test_a_failed_delivery_is_an_error_on_the_span(unreachable: Producer, topic: str, recorder: Recorder) -> None:
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


def test_unsampled_records_carry_the_decision_and_make_no_span(
    broker: str, topic: str, unsampled: Recorder, receive: Receive
) -> None:
    producer = Producer({"bootstrap.servers": broker, **QUIET}, tracing=unsampled.tracing)
    producer.produce(topic, b"v", partition=0)
    producer.flush(10)
    (propagated,) = traceparents(receive())
    assert int(propagated[-2:], 16) & 1 == 0
    assert unsampled.spans() == []


@pytest.mark.parametrize("key", [_SUPPRESS_INSTRUMENTATION_KEY, "suppress_instrumentation"], ids=["new", "old"])
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
