"""What several unit tests need: a mock broker, a Collector's ear, an app as a real process."""

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import hypothesis
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.librdkafka import MockKafka, library

_topics = count(1)

# The machine may be busy. Each run has the same cases; with `--hypothesis-profile=search` it has others.
hypothesis.settings.register_profile("search", deadline=None)
hypothesis.settings.register_profile("unit", deadline=None, derandomize=True)
hypothesis.settings.load_profile("unit")


@pytest.fixture
def failing() -> Iterator[MockKafka]:
    """A mock cluster of this test's own, that fails as it is told."""
    mock = MockKafka(library())
    yield mock
    mock.close()


@pytest.fixture
def topic() -> str:
    return f"orders-{next(_topics)}"


class Collector:
    """Keeps the spans that are posted to it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._spans: list[Span] = []

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self._spans.extend(scope.spans)

    def spans(self, name: str = "") -> list[Span]:
        return [span for span in self._spans if span.name.startswith(name)]


@pytest.fixture
def collector() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":  # metrics are taken, too, and not looked at
                taken.take(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    taken = Collector(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield taken
    server.shutdown()
    server.server_close()


class App:
    """A running app and the lines that it logged."""

    def __init__(self, module: str, variables: dict[str, str]) -> None:
        self.port = _free_port()
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            env={"PATH": os.environ["PATH"], "HEALTH_PORT": str(self.port), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def until(self, words: str) -> str:
        """Read on until a line has these words."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line)
            if words in line:
                return line
        raise AssertionError(f"{words!r} is not in the log:\n{''.join(self.lines)}")

    def terminate(self) -> int:
        """Send SIGTERM and read to the end; the result is the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        rest, _ = self._process.communicate(timeout=25)
        self.lines.extend(rest.splitlines(keepends=True))
        return self._process.returncode

    def ask(self, path: str) -> tuple[int, str]:
        """GET a health endpoint."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def start_app() -> Iterator[Callable[[str, dict[str, str]], App]]:
    apps: list[App] = []

    def start(module: str, variables: dict[str, str]) -> App:
        apps.append(App(module, variables))
        return apps[-1]

    yield start
    for app in apps:
        app.kill()
