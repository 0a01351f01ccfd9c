"""Spans of the SDK with something in them that OTLP can't hold."""

import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer

import kafkatrace
import pytest
from confluent_kafka import Message
from google.protobuf.message import EncodeError
from kafkatrace import FlushResult
from kafkatrace.export import sdk_encoding
from kafkatrace.export.partial_success import ExportFailure, both
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, Span, SpanContext, StatusCode, TraceState

SURROGATE = "half a pair: \ud800"
STRANGE: dict[str, Callable[[Span], object]] = {
    "name": lambda span: span.update_name(SURROGATE),
    "name that is none": lambda span: span.update_name(5),  # type: ignore[arg-type] # that is the point
    "event": lambda span: span.add_event(SURROGATE),
    "event before the epoch": lambda span: span.add_event("e", timestamp=-1),
    "event after all": lambda span: span.add_event("e", timestamp=1 << 64),
    "status": lambda span: span.set_status(StatusCode.ERROR, SURROGATE),
    "end": lambda span: span.end(-1),
}


class Collector(HTTPServer):
    """Keeps the names of the spans that it gets."""

    def __init__(self) -> None:
        names = self.names = list[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/v1/traces":
                    request = ExportTraceServiceRequest.FromString(body)
                    scopes = (scope for group in request.resource_spans for scope in group.scope_spans)
                    names.extend(span.name for scope in scopes for span in scope.spans)
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with Collector() as made:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{made.server_port}")
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        made.shutdown()


def finish(tracing: kafkatrace.Tracing, name: str, change: Callable[[Span], object] = lambda span: None) -> None:
    span = tracing.tracer.start_span(name)
    change(span)
    span.end()


@pytest.mark.parametrize("change", STRANGE.values(), ids=STRANGE)
def test_a_span_that_cannot_be_encoded_costs_no_other(
    collector: Collector, caplog: pytest.LogCaptureFixture, change: Callable[[Span], object]
) -> None:
    tracing = kafkatrace.configure("orders")
    finish(tracing, "before")
    finish(tracing, "strange", change)
    with kafkatrace.RecordReceiver({"group.id": "g"}, tracing=tracing).process(
        Message(topic="t", partition=0, offset=0, timestamp=(1, 1000)), 1
    ):
        pass
    finish(tracing, "after")
    assert tracing.shutdown(30) == kafkatrace.FlushResult(exported=4, dropped=1)
    assert sorted(collector.names) == ["after", "before", "process t", "queue t"]
    assert [record.getMessage() for record in caplog.records if record.exc_info] == [
        "1 spans could not be encoded; the first error:"
    ]
    assert "1 not exported" in caplog.text


def test_a_batch_of_nothing_else_is_not_posted(collector: Collector) -> None:
    tracing = kafkatrace.configure("orders")
    for _ in range(3):
        finish(tracing, "strange", STRANGE["name"])
    assert tracing.shutdown(30) == kafkatrace.FlushResult(exported=0, dropped=3)
    assert collector.names == []


def test_one_by_one_they_are_the_same_bytes_as_far_as_their_spans_go() -> None:
    tracer = TracerProvider().get_tracer("t")
    state = TraceState([("vendor", "1")])
    linked = [Link(SpanContext(1, 1, is_remote=True, trace_state=state), {"a": 1})]
    spans: list[ReadableSpan] = []
    for number in range(3):
        span = tracer.start_span(f"s{number}", links=linked, attributes={"n": number})
        span.end()
        assert isinstance(span, ReadableSpan)
        spans.append(span)
    whole, failure = sdk_encoding.encode(spans)
    assert failure is None
    strange = tracer.start_span(SURROGATE)
    strange.end()
    assert isinstance(strange, ReadableSpan)
    rest, failure = sdk_encoding.encode([*spans, strange])
    assert failure is not None
    assert failure.items == 1
    assert "UnicodeEncodeError" in failure.why

    def read(body: bytes) -> list[object]:
        groups = ExportTraceServiceRequest.FromString(body).resource_spans
        return [span for group in groups for scope in group.scope_spans for span in scope.spans]

    assert read(rest) == read(whole)


def test_what_the_collector_rejects_counts_beside_it() -> None:
    ours, theirs = ExportFailure(2, "ours"), ExportFailure(3, "theirs")
    assert both(ours, None) == ours
    assert both(None, theirs) == theirs
    assert both(None, None) is None
    assert both(ours, theirs) == ExportFailure(5, "theirs")


class ByItself(InMemorySpanExporter):
    """A user's exporter, which encodes before it takes."""

    def __init__(self, raised: type[BaseException] = ValueError) -> None:
        super().__init__()
        self.calls = 0
        self._raised = raised

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.calls += 1
        if any(span.name.startswith("bad") for span in spans):
            raise self._raised
        return super().export(spans)

    def names(self) -> set[str]:
        return {span.name for span in self.get_finished_spans()}


@pytest.mark.parametrize(
    "raised", [ValueError, TypeError, KeyError, AttributeError, OverflowError, struct.error, EncodeError]
)
@pytest.mark.parametrize("bad", [[0], [499], [7, 8, 250]])
def test_a_users_exporter_loses_what_it_cant_encode_alone(raised: type[Exception], bad: list[int]) -> None:
    exporter = ByItself(raised)
    tracing = kafkatrace.configure("orders", exporter=exporter)
    for number in range(500):
        finish(tracing, f"bad {number}" if number in bad else f"good {number}")
    assert tracing.shutdown(30) == FlushResult(500 - len(bad), len(bad))
    assert exporter.names() == {f"good {number}" for number in range(500) if number not in bad}


def test_a_users_exporter_that_can_encode_nothing_is_not_asked_for_each(caplog: pytest.LogCaptureFixture) -> None:
    exporter = ByItself()
    tracing = kafkatrace.configure("orders", exporter=exporter)
    for number in range(2_000):
        finish(tracing, f"bad {number}")
    assert tracing.shutdown(30) == FlushResult(0, 2_000)
    assert exporter.calls <= 200
    assert "ValueError" in caplog.text


@pytest.mark.parametrize("raised", [ConnectionError, SystemExit, RuntimeError])
def test_what_is_no_encoding_is_not_tried_again(raised: type[BaseException]) -> None:
    exporter = ByItself(raised)
    tracing = kafkatrace.configure("orders", exporter=exporter)
    finish(tracing, "bad")
    finish(tracing, "other")
    assert tracing.flush(30) == FlushResult(0, 2)
    assert exporter.calls == 1
    finish(tracing, "good")
    assert tracing.shutdown(30) == FlushResult(1, 2), "the thread goes on"
    assert exporter.names() == {"good"}
