"""An OTLP/HTTP receiver that keeps the spans it is given."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """What the tests look at; ids are hexadecimal."""

    name: str
    service: str
    trace: str
    id: str
    parent: str
    begun: int
    ended: int
    links: list[tuple[str, str]]
    attributes: dict[str, Any] = field(hash=False)
    failed: bool = False


class Collector:
    """Spans so far."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._spans: list[Span] = []
        self._came = threading.Condition()

    def take(self, body: bytes) -> None:
        """Take a request."""
        with self._came:
            self._spans += _spans(ExportTraceServiceRequest.FromString(body))
            self._came.notify_all()

    def wait(self, enough: Callable[[list[Span]], Any], seconds: float = 240) -> list[Span]:
        """Return all spans once they are enough."""
        with self._came:
            found = self._came.wait_for(lambda: enough(self._spans), seconds)
            names = sorted({span.name for span in self._spans})
            assert found, f"not in {seconds} s; there are {names}"
            return list(self._spans)


@contextmanager
def running() -> Iterator[Collector]:
    """Receive on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.collector = collector = Collector(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield collector
    server.shutdown()
    server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/traces":
            self.server.collector.take(body)  # type: ignore[attr-defined] # set above
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def _spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource in request.resource_spans:
        service = _attributes(resource.resource.attributes).get("service.name", "")
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Span(
                    span.name,
                    service,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    span.start_time_unix_nano,
                    span.end_time_unix_nano,
                    [(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
                    _attributes(span.attributes),
                    failed=span.status.code == 2,
                )


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value") for pair in pairs}
