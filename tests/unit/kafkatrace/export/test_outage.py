import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import kafkatrace
import pytest
from kafkatrace import Producer
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import NumberDataPoint

from tests.unit.kafkatrace.recording import QUIET


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """Where a Collector might listen, and none does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    return free


class Collector:
    """Comes back, and keeps the metrics that it is given."""

    def __init__(self, port: int) -> None:
        points = self.points = list[tuple[str, NumberDataPoint]]()
        answers = self.answers = list[bytes]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/v1/metrics":
                    (group,) = ExportMetricsServiceRequest.FromString(body).resource_metrics
                    for metric in group.scope_metrics[0].metrics:
                        points.extend((metric.name, point) for point in metric.sum.data_points)
                answer = answers.pop() if answers and self.path == "/v1/traces" else b""
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", port), Handler)
        # Shutting it down waits for one round of looking whether it shall.
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def value(self, name: str, error: str) -> int:
        """The counter's newest value for an error.type."""
        values = [
            point.as_int
            for found, point in self.points
            if found == name
            and ("error.type", error) in {(each.key, each.value.string_value) for each in point.attributes}
        ]
        return values[-1]


@pytest.fixture
def returning(port: int) -> Iterator[list[Collector]]:
    """Append a Collector and it serves."""
    made: list[Collector] = []
    yield made
    for collector in made:
        collector.server.shutdown()
        collector.server.server_close()


def finish(tracing: kafkatrace.Tracing, spans: int) -> None:
    for _ in range(spans):
        tracing.tracer.start_span("s").end()


def test_spans_lost_while_the_collector_is_away_are_told_when_it_is_back(
    port: int, returning: list[Collector], caplog: pytest.LogCaptureFixture
) -> None:
    tracing = kafkatrace.configure("orders")
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            finish(tracing, 10)
            assert tracing.flush(30) == kafkatrace.FlushResult(exported=0, dropped=tracing.pipeline.failed)
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1, "one a minute is enough"
    assert "10 not exported" in warnings[0].message
    assert "Connection refused" in warnings[0].message

    collector = Collector(port)
    returning.append(collector)
    finish(tracing, 5)
    assert tracing.shutdown(30) == kafkatrace.FlushResult(exported=5, dropped=30)
    assert collector.value("otel.sdk.exporter.span.exported", "rejected") == 30


def partial(rejected: int, why: str = "") -> bytes:
    said = ExportTracePartialSuccess(rejected_spans=rejected, error_message=why)
    return bytes(ExportTraceServiceResponse(partial_success=said).SerializeToString())


@pytest.mark.parametrize(
    ("answer", "exported", "words"),
    [
        (partial(3, "spans are too old"), 7, "3 not exported, 0 found the queue full; the last failure: spans are too"),
        (partial(3), 7, "3 not exported, 0 found the queue full; the last failure: the Collector rejected them"),
        (partial(999, "mad"), 0, "10 not exported"),
        (partial(0, "a word only"), 10, None),
        (partial(-1), 10, None),
        (b"", 10, None),
        (b"<html>OK</html>", 10, None),
        (b'{"partialSuccess":{}}', 10, None),
    ],
    ids=["some", "wordless", "too many", "a warning", "negative", "empty", "web page", "JSON"],
)
def test_spans_that_a_collector_rejects_of_a_request_it_took(
    port: int,
    returning: list[Collector],
    caplog: pytest.LogCaptureFixture,
    answer: bytes,
    exported: int,
    words: str | None,
) -> None:
    collector = Collector(port)
    collector.answers.append(answer)
    returning.append(collector)
    tracing = kafkatrace.configure("orders")
    finish(tracing, 10)
    assert tracing.shutdown(30) == kafkatrace.FlushResult(exported=exported, dropped=10 - exported)
    warnings = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == (words is not None)
    assert all(words and words in warning for warning in warnings)


def test_a_queue_that_is_full_while_it_is_away_is_told_apart(
    port: int, returning: list[Collector], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "10")
    tracing = kafkatrace.configure("orders")
    finish(tracing, 10_000)  # far faster than an attempt that fails
    overflowed = tracing.pipeline.overflowed
    assert overflowed > 9_000
    collector = Collector(port)
    returning.append(collector)
    result = tracing.shutdown(30)
    assert result.exported + result.dropped == 10_000
    assert collector.value("otel.sdk.processor.span.processed", "queue_full") == overflowed


def test_producing_goes_on_while_it_is_away(port: int, broker: str, topic: str) -> None:
    tracing = kafkatrace.configure("orders")
    producer = Producer({"bootstrap.servers": broker, **QUIET}, tracing=tracing)
    delivered: list[object] = []
    for _ in range(2_000):
        producer.produce(topic, b"v", on_delivery=lambda error, _: delivered.append(error))
        producer.poll(0)
    producer.flush(30)
    assert delivered == [None] * 2_000
    assert tracing.shutdown(0).dropped == 2_000


_SERVICE = """
import signal, sys, time
import kafkatrace

tracing = kafkatrace.configure("orders")
for _ in range(3000):
    tracing.tracer.start_span("s").end()

def stop(number, frame):
    print(tracing.shutdown(1.0), flush=True)
    sys.exit(0)

signal.signal(signal.SIGTERM, stop)
print("ready", flush=True)
while True:
    time.sleep(1)
"""


def test_a_sigterm_while_it_is_away_ends_the_process_with_an_honest_count(port: int) -> None:
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_TIMEOUT": "60"}  # far longer than the shutdown may take
    command = [sys.executable, "-c", _SERVICE]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        assert service.stdout.readline() == "ready\n"
        service.send_signal(signal.SIGTERM)
        said, _ = service.communicate(timeout=20)
    assert service.returncode == 0
    assert said == "FlushResult(exported=0, dropped=3000)\n"


_PRELOADED = """
import os, threading
import kafkatrace
from confluent_kafka import Message

tracing = kafkatrace.configure("preloaded")
receiver_conf = {"bootstrap.servers": "127.0.0.1:1", "group.id": "g", "log_level": 0}

def busy():
    while True:
        tracing.tracer.start_span("s").end()

threading.Thread(target=busy, daemon=True).start()
for number in range(20):
    child = os.fork()
    if child == 0:
        producer = kafkatrace.Producer(
            {"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 0}, tracing=tracing
        )
        producer.produce("t", b"v")
        producer.flush(10)
        os._exit(0 if tracing.shutdown(0).dropped == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, number
print("all children were served", flush=True)
os._exit(0)  # what is still in the queue would wait for the Collector
"""


def test_workers_that_are_forked_from_a_busy_process_have_their_own_tracing(port: int) -> None:
    environment = {**os.environ, "OTEL_BSP_MAX_QUEUE_SIZE": "2048"}  # the more memory, the slower is a fork
    command = [sys.executable, "-W", "ignore", "-c", _PRELOADED]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "all children were served\n", done.stderr
