import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafkatrace.context.context_var import suppressed, variable
from kafkatrace.export.batch import Batch
from kafkatrace.export.batch_limits import Limits
from kafkatrace.export.partial_success import ExportFailure
from kafkatrace.export.pipeline import FlushResult, Pipeline
from kafkatrace.variables import Variables

NEVER = 3600.0  # seconds until an incomplete batch goes by itself


class Exporter:
    """Does what it is told with each batch."""

    def __init__(self, act: Callable[[int], bool] = lambda _: True) -> None:
        self.act = act
        self.batches: list[int] = []
        self.closed = threading.Event()

    def export(self, batch: Batch) -> ExportFailure | None:
        self.batches.append(batch.size)
        return None if self.act(len(self.batches)) else ExportFailure(batch.size, "HTTP 401 Unauthorized")

    def shutdown(self) -> None:
        self.closed.set()


class Spans:
    """A finisher whose items are one span each, or none where they are unsampled."""

    def __init__(self, pipeline: Pipeline, encoded: bytes = b"span") -> None:
        self.pipeline = pipeline
        self.encoded = encoded
        self.accounted = 0

    def finish(self, count: int, *, sampled: bool = True) -> None:
        for _ in range(count):
            if sampled:
                self.pipeline.begin_span()
            self.pipeline.put((self, sampled))

    def account(self, item: tuple[Any, ...]) -> int:
        self.accounted += 1
        return int(item[1])

    def encode(self, item: tuple[Any, ...], batch: Batch) -> None:
        batch.service.append(self.encoded)


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """Set it to let a hanging export go on."""
    event = threading.Event()
    yield event
    event.set()


def test_counts_what_the_exporter_took() -> None:
    exporter = Exporter()
    pipeline = Pipeline(exporter, Limits(100, 4, NEVER))
    Spans(pipeline).finish(10)
    assert pipeline.close(10) == FlushResult(exported=10, dropped=0)
    assert sum(exporter.batches) == 10
    assert max(exporter.batches) <= 4
    assert exporter.closed.wait(10)


def test_an_incomplete_batch_goes_after_the_delay() -> None:
    exported = threading.Event()

    def note(_: int) -> bool:
        exported.set()
        return True

    pipeline = Pipeline(Exporter(note), Limits(100, 50, 0.01))
    Spans(pipeline).finish(1)
    assert exported.wait(10)
    pipeline.close(10)


def test_failed_and_raising_exports_are_dropped_not_exported(caplog: pytest.LogCaptureFixture) -> None:
    def act(batch: int) -> bool:
        if batch == 1:
            raise OSError("connection refused")
        return batch != 2

    pipeline = Pipeline(Exporter(act), Limits(100, 1, NEVER))
    with caplog.at_level(logging.WARNING):
        Spans(pipeline).finish(3)
        assert pipeline.close(10) == FlushResult(exported=1, dropped=2)
    (warning,) = caplog.records  # one a minute is enough
    assert "2 not exported" in warning.message
    assert "the last failure: HTTP 401 Unauthorized" in warning.message


def test_close_is_bounded_and_truthful_while_an_export_hangs(stuck: threading.Event) -> None:
    def hang(_: int) -> bool:
        stuck.wait()
        return True

    exporter = Exporter(hang)
    pipeline = Pipeline(exporter, Limits(100, 1, NEVER))
    Spans(pipeline).finish(5)
    assert pipeline.close(0.05) == FlushResult(exported=0, dropped=5)
    stuck.set()
    assert exporter.closed.wait(10), "the thread stops after the export under way"
    assert pipeline.close(10) == FlushResult(exported=1, dropped=4)


def test_a_full_queue_drops_the_newest_counts_it_and_never_blocks(stuck: threading.Event) -> None:
    entered = threading.Event()

    def hang(_: int) -> bool:
        entered.set()
        stuck.wait()
        return True

    pipeline = Pipeline(Exporter(hang), Limits(4, 1, NEVER))
    spans = Spans(pipeline)
    spans.finish(1)
    assert entered.wait(10)
    spans.finish(10)
    assert pipeline.overflowed == 6
    assert spans.accounted == 7, "metrics have what spans have not"
    stuck.set()
    assert pipeline.close(10) == FlushResult(exported=5, dropped=6)


def test_heavy_spans_make_smaller_batches() -> None:
    exporter = Exporter()
    pipeline = Pipeline(exporter, Limits(10_000, 10_000, NEVER))
    Spans(pipeline, b"x" * 2_000).finish(1_500)  # 3 MB
    assert pipeline.close(10) == FlushResult(exported=1_500, dropped=0)
    assert exporter.batches == [512, 512, 476]


def test_a_span_that_never_ended_counts_as_dropped() -> None:
    pipeline = Pipeline(Exporter(), Limits(100, 10, NEVER))
    pipeline.begin_span()
    assert pipeline.close(10) == FlushResult(exported=0, dropped=1)
    assert pipeline.close(10) == FlushResult(exported=0, dropped=1)


def test_unsampled_operations_are_only_accounted() -> None:
    exporter = Exporter()
    pipeline = Pipeline(exporter, Limits(100, 10, NEVER))
    spans = Spans(pipeline)
    spans.finish(25, sampled=False)
    assert pipeline.close(10) == FlushResult(exported=0, dropped=0)
    assert (spans.accounted, exporter.batches) == (25, [])


def test_a_span_that_cannot_be_encoded_costs_no_other(caplog: pytest.LogCaptureFixture) -> None:
    class Odd(Spans):
        def encode(self, item: tuple[Any, ...], batch: Batch) -> None:
            raise OverflowError("too large")

    pipeline = Pipeline(Exporter(), Limits(100, 10, NEVER))
    Odd(pipeline).finish(1)
    Spans(pipeline).finish(1)
    assert pipeline.close(10) == FlushResult(exported=1, dropped=1)
    assert "could not be encoded" in caplog.text


class CountedReports:
    """Counts how often metrics were to go out."""

    exported = failed = 0

    def __init__(self) -> None:
        self.exports = 0
        self.often = threading.Event()

    def export(self) -> None:
        self.exports += 1
        if self.exports == 2:
            self.often.set()

    def shutdown(self) -> None:
        pass


def test_metrics_are_exported_in_their_interval_and_at_the_end() -> None:
    reports: Any = CountedReports()
    pipeline = Pipeline(Exporter(), Limits(100, 10, NEVER, metrics_interval=0.01), reports)
    assert reports.often.wait(30)
    pipeline.close(10)
    last: Any = CountedReports()
    Pipeline(Exporter(), Limits(100, 10, NEVER, metrics_interval=NEVER), last).close(10)
    assert last.exports == 1


def test_an_instrumented_exporter_makes_no_spans_of_its_own() -> None:
    seen: list[bool] = []

    def look(_: int) -> bool:
        seen.append(suppressed(variable.get()))
        return True

    pipeline = Pipeline(Exporter(look), Limits(100, 10, NEVER))
    Spans(pipeline).finish(1)
    pipeline.close(10)
    assert seen == [True]


def test_limits_come_from_the_environment() -> None:
    environment = {"OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_SCHEDULE_DELAY": "250"}
    environment["OTEL_METRIC_EXPORT_INTERVAL"] = "1500"
    assert Limits.read(Variables(environment)) == Limits(queue=100, batch=100, delay=0.25, metrics_interval=1.5)
    assert Limits.read(Variables({})) == Limits(queue=65_536, batch=8192, delay=5.0, metrics_interval=60.0)


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", "9" * 5000])
def test_a_limit_that_cannot_be_followed_is_named_with_what_is_used_instead(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert Limits.read(Variables({"OTEL_BSP_SCHEDULE_DELAY": text})) == Limits.read(Variables({}))
    (record,) = caplog.records
    assert record.message.startswith(f"OTEL_BSP_SCHEDULE_DELAY is '{text[:50]}")
    assert record.message.endswith("using 5000 instead")


_FORKING = """
import os
import kafkatrace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

tracing = kafkatrace.configure("preloaded", exporter=InMemorySpanExporter())
tracing.tracer.start_span("parent's").end()
if pid := os.fork():
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
else:
    tracing.tracer.start_span("child's").end()
print(tracing.shutdown())
"""


def test_a_forked_child_exports_its_own_spans_and_only_those() -> None:
    done = subprocess.run([sys.executable, "-c", _FORKING], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split("\n")[:2] == ["FlushResult(exported=1, dropped=0)"] * 2, done.stderr


_EXITING = """
import kafkatrace
from opentelemetry.sdk.trace.export import ConsoleSpanExporter

kafkatrace.configure("forgetful", exporter=ConsoleSpanExporter()).tracer.start_span("last words").end()
"""


def test_a_process_that_forgets_shutdown_still_exports_at_exit() -> None:
    environment = {**os.environ, "OTEL_BSP_SCHEDULE_DELAY": "3600000"}
    command = [sys.executable, "-c", _EXITING]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=environment)
    assert "last words" in done.stdout
