"""Nothing is lost where a process, a client or a transaction ends in an unusual way."""

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import kafkatrace
import pytest
from kafkatrace.export import at_exit
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """Keeps the names of the spans that it is sent."""

    def __init__(self) -> None:
        names = self.names = Counter[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/v1/traces":
                    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                        names.update(span.name for scope in group.scope_spans for span in scope.spans)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()


_SENDS = """
import multiprocessing, os, sys
import kafkatrace

def send(number):
    global tracing
    tracing = tracing or kafkatrace.configure("orders")
    conf = {"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 0}
    producer = kafkatrace.Producer(conf, tracing=tracing)
    producer.produce(f"t-{number}", b"v")
    assert producer.flush(30) == 0

if __name__ == "__main__":
    how, where = sys.argv[1:]
    tracing = kafkatrace.configure("orders") if where == "parent" else None
    context = multiprocessing.get_context(how)
"""
_PROCESSES = """
    children = [context.Process(target=send, args=(number,)) for number in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0, child.exitcode
"""
_POOL = """
    pool = context.Pool(2)
    pool.map(send, range(3))
    pool.close()
    pool.join()
"""
_EXECUTOR = """
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        list(pool.map(send, range(3)))
"""


@pytest.mark.parametrize("where", ["parent", "child"])
@pytest.mark.parametrize("children", [_PROCESSES, _POOL, _EXECUTOR], ids=["processes", "pool", "executor"])
def test_children_of_multiprocessing_export_their_spans(
    collector: Collector, tmp_path: "os.PathLike[str]", children: str, where: str
) -> None:
    script = os.path.join(tmp_path, "sends.py")
    with open(script, "w") as file:
        file.write(_SENDS + children)
    variables = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "600000"}
    command = [sys.executable, "-W", "ignore", script, "fork", where]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert collector.names == {f"send t-{number}": 1 for number in range(3)}


class Slow:
    """Takes as long to close as it is given."""

    def __init__(self, clock: list[float], seconds: float) -> None:
        self.clock = clock
        self.seconds = seconds
        self.given: list[float] = []
        self.begun = False

    def begin_close(self) -> None:
        self.begun = True

    def shutdown(self, timeout: float = 5.0) -> None:
        self.given.append(timeout)
        self.clock[0] += min(timeout, self.seconds)


def test_all_that_a_process_forgets_share_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    forgotten = [Slow(clock, seconds) for seconds in (1, 60, 60, 60)]
    monkeypatch.setattr(at_exit, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(at_exit, "_open", {})
    for each in forgotten:
        at_exit.add(each)
    closed = Slow(clock, 60)
    at_exit.add(closed)
    at_exit.remove(closed)
    at_exit._close_all()
    assert all(each.begun for each in forgotten)
    assert [each.given for each in forgotten] == [[5.0], [4.0], [0.0], [0.0]]
    assert closed.given == []


def test_a_process_span_that_is_open_at_shutdown_ends_there() -> None:
    from confluent_kafka import Message
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    tracing = kafkatrace.configure("orders", exporter=exporter)
    receiver = kafkatrace.RecordReceiver({"group.id": "g"}, tracing=tracing)
    with receiver.process(Message(topic="t", partition=0, offset=0, timestamp=(1, 1000))):
        assert tracing.shutdown(30) == kafkatrace.FlushResult(exported=2, dropped=0)
    (span,) = [each for each in exporter.get_finished_spans() if each.name == "process t"]
    assert (span.attributes or {})["kafkatrace.unfinished"] is True


_FORKS_INSIDE = """
import os
import kafkatrace
from confluent_kafka import Message

tracing = kafkatrace.configure("orders")
receiver = kafkatrace.RecordReceiver({"group.id": "g"}, tracing=tracing)
with receiver.process(Message(topic="t", partition=0, offset=0, timestamp=(1, 1000))):
    if pid := os.fork():
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
tracing.shutdown(30)
"""


def test_a_span_that_was_open_at_a_fork_is_the_parents_alone(collector: Collector) -> None:
    variables = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}
    command = [sys.executable, "-W", "ignore", "-c", _FORKS_INSIDE]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert collector.names == {"queue t": 1, "process t": 1}
