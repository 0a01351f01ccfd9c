"""Receives spans by OTLP/HTTP and keeps what is measured of the process spans."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_NS_PER_MS: Final = 1e6
# as kafkatrace's README lists them
_PROCESS: Final = "process "
_TOPIC: Final = "messaging.destination.name"
_PARTITION: Final = "messaging.destination.partition.id"
_OFFSET: Final = "messaging.kafka.offset"
_SINCE_TIMESTAMP_MS: Final = "kafkatrace.since_timestamp.duration_ms"
_BETWEEN_EXPORTS_SECONDS: Final = 6  # a second more than OTEL_BSP_SCHEDULE_DELAY


@dataclass(frozen=True, slots=True)
class Processed:
    """A process span: which record, and how long after its append it began, milliseconds."""

    topic: str
    place: tuple[str, int]
    late_ms: float


class Spans:
    """What came so far."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._lock = threading.Lock()
        self._bodies: list[bytes] = []

    def take(self, body: bytes) -> None:
        """Keep a request; it is read when nothing is measured any more."""
        with self._lock:
            self._bodies.append(body)

    def processed(self, topic: str) -> list[Processed]:
        """Return the process spans of a topic once no more come; Flink's own spans of checkpoints go on."""
        found: list[Processed] = []
        read, before = 0, -1
        while len(found) != before:
            before = len(found)
            time.sleep(_BETWEEN_EXPORTS_SECONDS)
            bodies = self._bodies[read:]
            read += len(bodies)
            found += [span for body in bodies for span in _processed(body) if span.topic == topic]
        return found


@contextmanager
def receiving() -> Iterator[Spans]:
    """Receive on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    spans = Spans(f"http://127.0.0.1:{server.server_port}")
    server.take = spans.take  # type: ignore[attr-defined] # for the handler
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield spans
    server.shutdown()
    server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.server.take(self.rfile.read(int(self.headers["Content-Length"])))  # type: ignore[attr-defined] # set above
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def _processed(body: bytes) -> Iterator[Processed]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                if span.name.startswith(_PROCESS):
                    yield _read(span)


def _read(span: Any) -> Processed:
    attributes = {pair.key: pair.value for pair in span.attributes}
    whole = attributes[_SINCE_TIMESTAMP_MS].double_value
    work = (span.end_time_unix_nano - span.start_time_unix_nano) / _NS_PER_MS
    partition = attributes[_PARTITION].string_value
    offset = attributes[_OFFSET].int_value
    return Processed(attributes[_TOPIC].string_value, (partition, offset), whole - work)
