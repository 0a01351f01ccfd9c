"""Each way an export fails is told in its own words; none stops the application or another exporter."""

import logging
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType, SimpleNamespace
from typing import Any

import kafkatrace
import pytest
from kafkatrace import FlushResult
from kafkatrace.export import explain
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

Answer = Callable[[str, bytes], tuple[int, bytes]]


class Receiver:
    """Answers as it is told, and keeps how many bytes and spans each request had."""

    def __init__(self, answer: Answer) -> None:
        sizes = self.sizes = list[int]()
        spans = self.spans = Counter[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, said = answer(self.path, body)
                if self.path == "/v1/traces":
                    sizes.append(len(body))
                    if status == 200:
                        spans.update(_names(body))
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


def _names(body: bytes) -> list[str]:
    request = ExportTraceServiceRequest.FromString(body)
    scopes = (scope for group in request.resource_spans for scope in group.scope_spans)
    return [span.name for scope in scopes for span in scope.spans]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], Receiver]]:
    made: list[Receiver] = []

    def make(answer: Answer) -> Receiver:
        made.append(Receiver(answer))
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made[-1].endpoint)
        return made[-1]

    yield make
    for each in made:
        each.server.shutdown()
        each.server.server_close()


def lose(caplog: pytest.LogCaptureFixture) -> str:
    """Lose one span, and return what is said of it."""
    tracing = kafkatrace.configure("orders")
    tracing.tracer.start_span("s").end()
    assert tracing.shutdown(30) == FlushResult(exported=0, dropped=1)
    (warning,) = [each.message for each in caplog.records if each.message.startswith("spans lost")]
    return warning.partition("the last failure: ")[2]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (301, "redirects are not followed"),
        (302, "redirects are not followed"),
        (400, "HTTP 400 Bad Request from http://127.0.0.1"),
        (401, "wants other credentials (OTEL_EXPORTER_OTLP_HEADERS)"),
        (403, "wants other credentials (OTEL_EXPORTER_OTLP_HEADERS)"),
        (404, "nothing takes OTLP at that path"),
        (413, "one span is larger than"),
        (418, "HTTP 418"),
        (500, "HTTP 500 Internal Server Error"),
        (799, "HTTP 799"),
    ],
)
def test_an_answer_that_is_none_of_success(
    receiver: Callable[[Answer], Receiver], caplog: pytest.LogCaptureFixture, status: int, words: str
) -> None:
    receiver(lambda path, body: (status, b"<html>"))
    said = lose(caplog)
    assert said.startswith(f"HTTP {status}")
    assert words in said


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], int]]:
    """A server that says the same to everybody and hangs up."""
    listening: list[socket.socket] = []

    def serve(server: socket.socket, said: bytes) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(65_536)
                connection.sendall(said)

    def make(said: bytes) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)
        threading.Thread(target=serve, args=(server, said), daemon=True).start()
        return int(server.getsockname()[1])

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")
    yield make
    for server in listening:
        server.close()


@pytest.mark.parametrize(
    ("scheme", "said", "words"),
    [
        ("http", b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", "this looks like gRPC; HTTP is 4318"),
        ("http", b"", "the connection to http://127.0.0.1"),
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", "the endpoint speaks none: http:// instead of https://?"),
    ],
    ids=["gRPC", "hangs up", "no TLS"],
)
def test_no_answer_at_all(
    port: Callable[[bytes], int],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    scheme: str,
    said: bytes,
    words: str,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"{scheme}://127.0.0.1:{port(said)}")
    assert words in lose(caplog)


def test_port_4317_looks_like_grpc_whatever_breaks() -> None:
    import requests

    broken = requests.exceptions.ConnectionError("('Connection aborted.', RemoteDisconnected('…'))")
    assert "HTTP is 4318" in explain.no_answer(broken, "http://collector:4317/v1/traces", 10)
    assert "4318" not in explain.no_answer(broken, "http://collector:4318/v1/traces", 10)[40:]


def test_a_user_and_password_are_not_told() -> None:
    assert explain.answer(401, None, "http://user:geheim@collector/v1/traces?key=geheim").count("geheim") == 0


@pytest.mark.parametrize("limit", [20_000, 3_000])
def test_a_request_that_is_too_large_is_split_until_it_is_taken(
    receiver: Callable[[Answer], Receiver], limit: int
) -> None:
    collector = receiver(lambda path, body: (413 if len(body) > limit else 200, b""))
    tracing = kafkatrace.configure("orders")
    for number in range(300):
        tracing.tracer.start_span(f"s-{number}").end()
    assert tracing.shutdown(60) == FlushResult(exported=300, dropped=0)
    assert collector.spans == {f"s-{number}": 1 for number in range(300)}


def test_requests_have_about_a_megabyte_at_most(
    receiver: Callable[[Answer], Receiver], broker: str, topic: str
) -> None:
    collector = receiver(lambda path, body: (200, b""))
    tracing = kafkatrace.configure("orders")
    with kafkatrace.Producer({"bootstrap.servers": broker, "log_level": 0}, tracing=tracing) as producer:
        for _ in range(6_000):
            producer.produce(topic, b"v", key="k" * 400)
        producer.flush(60)
    for _ in range(200):
        tracing.tracer.start_span("mine", attributes={"x": "y" * 20_000}).end()
    assert tracing.shutdown(60) == FlushResult(exported=6_200, dropped=0)
    assert sum(collector.spans.values()) == 6_200
    assert max(collector.sizes) <= 1 << 20
    assert len(collector.sizes) < 30


def test_one_span_that_is_too_large_costs_no_other(receiver: Callable[[Answer], Receiver]) -> None:
    collector = receiver(lambda path, body: (413 if len(body) > 50_000 else 200, b""))
    tracing = kafkatrace.configure("orders")
    for length in (10, 60_000, 10, 10):
        tracing.tracer.start_span("s", attributes={"x": "y" * length}).end()
    assert tracing.shutdown(30) == FlushResult(exported=3, dropped=1)
    assert collector.spans == {"s": 3}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((401, b""), "credentials"),
        (
            (
                200,
                ExportMetricsServiceResponse(
                    partial_success=ExportMetricsPartialSuccess(rejected_data_points=2, error_message="only delta")
                ).SerializeToString(),
            ),
            "only delta",
        ),
    ],
    ids=["401", "partial success"],
)
def test_metrics_that_are_not_taken_are_told_once_and_counted(
    receiver: Callable[[Answer], Receiver],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    answer: tuple[int, bytes],
    words: str,
) -> None:
    exports = threading.Semaphore(0)

    def count(path: str, body: bytes) -> tuple[int, bytes]:
        if path != "/v1/metrics":
            return 200, b""
        exports.release()
        return answer

    receiver(count)
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "1")
    tracing = kafkatrace.configure("orders")
    for _ in range(3):
        assert exports.acquire(timeout=30)
    tracing.shutdown(30)
    (warning,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert warning.message.startswith("metrics not exported: ")
    assert words in warning.message
    (scope,) = tracing.collect_metrics().resource_metrics[0].scope_metrics
    (metric,) = [each for each in scope.metrics if each.name == "otel.sdk.exporter.metric_data_point.exported"]
    lost: list[Any] = [point for point in metric.data.data_points if "error.type" in (point.attributes or {})]
    assert lost[0].value >= 6


class Odd(InMemorySpanExporter):
    """Fails as it is told."""

    def __init__(self, act: Callable[[], Any]) -> None:
        super().__init__()
        self.act = act

    def export(self, spans: Any) -> Any:
        return self.act()

    def shutdown(self) -> None:
        self.act()


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def throw(error: BaseException) -> Callable[[], Any]:
    def act() -> Any:
        raise error

    return act


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (throw(OSError("disk full")), "OSError: disk full"),
        (throw(SystemExit(3)), "SystemExit: 3"),
        (throw(KeyboardInterrupt()), "KeyboardInterrupt"),
        (throw(MuteError()), "MuteError"),
        (lambda: None, "Odd.export() returned None"),
        (lambda: SpanExportResult.FAILURE, "Odd.export() returned"),
    ],
    ids=["raises", "SystemExit", "KeyboardInterrupt", "mute", "nothing", "failure"],
)
def test_an_exporter_that_fails_stops_nothing(
    caplog: pytest.LogCaptureFixture, act: Callable[[], Any], words: str
) -> None:
    tracing = kafkatrace.configure("orders", exporter=Odd(act))
    tracing.tracer.start_span("s").end()
    assert tracing.flush(30) == FlushResult(exported=0, dropped=1)
    tracing.tracer.start_span("s").end()
    assert tracing.shutdown(30) == FlushResult(exported=0, dropped=2)
    assert words in caplog.text


def test_of_several_exporters_each_gets_the_spans(
    receiver: Callable[[Answer], Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = receiver(lambda path, body: (200, b""))
    console = InMemorySpanExporter()
    monkeypatch.setattr("kafkatrace.export.environment.ConsoleSpanExporter", lambda: console)
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp, console")
    tracing = kafkatrace.configure("orders")
    tracing.tracer.start_span("in both").end()
    assert tracing.shutdown(30) == FlushResult(exported=1, dropped=0)
    assert collector.spans == {"in both": 1}
    assert [span.name for span in console.get_finished_spans()] == ["in both"]


def test_grpc_where_its_exporter_is_installed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    exporter = InMemorySpanExporter()
    package = "opentelemetry.exporter.otlp.proto.grpc"
    for name, module in {
        package: ModuleType(package),
        f"{package}.trace_exporter": SimpleNamespace(OTLPSpanExporter=lambda: exporter),
        f"{package}.metric_exporter": SimpleNamespace(OTLPMetricExporter=SimpleNamespace),
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    tracing = kafkatrace.configure("orders")
    tracing.tracer.start_span("s").end()
    assert tracing.shutdown(30) == FlushResult(exported=1, dropped=0)
    assert [span.name for span in exporter.get_finished_spans()] == ["s"]
    assert caplog.records == []


def test_a_process_without_threads_to_spare_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    tracing = kafkatrace.configure("orders", exporter=InMemorySpanExporter())
    tracing.tracer.start_span("s").end()
    assert tracing.shutdown(30) == FlushResult(exported=0, dropped=1)
    assert "nothing is exported: can't start new thread" in caplog.text
