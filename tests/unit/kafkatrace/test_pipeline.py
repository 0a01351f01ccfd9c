import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from kafkatrace.pipeline import FlushResult, Limits, Pipeline
from kafkatrace.propagation import suppressed
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from opentelemetry.trace import Tracer

NEVER = 3600.0  # seconds until an incomplete batch goes by itself


class Exporter(SpanExporter):
    """Does what it is told with each batch."""

    def __init__(self, act: Callable[[int], SpanExportResult]) -> None:
        self.act = act
        self.batches: list[int] = []
        self.closed = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.batches.append(len(spans))
        return self.act(len(self.batches))

    def shutdown(self) -> None:
        self.closed.set()


def succeed(_: int) -> SpanExportResult:
    return SpanExportResult.SUCCESS


def tracer(pipeline: Pipeline, *, sampled: bool = True) -> Tracer:
    provider = TracerProvider(sampler=ALWAYS_ON if sampled else ALWAYS_OFF, shutdown_on_exit=False)
    provider.add_span_processor(pipeline)
    return provider.get_tracer("test")


def finish(pipeline: Pipeline, count: int) -> None:
    spans = tracer(pipeline)
    for _ in range(count):
        spans.start_span("s").end()


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """Set it to let a hanging export go on."""
    event = threading.Event()
    yield event
    event.set()


def test_counts_what_the_exporter_took() -> None:
    exporter = Exporter(succeed)
    pipeline = Pipeline(exporter, Limits(100, 4, NEVER))
    finish(pipeline, 10)
    assert pipeline.close(10) == FlushResult(exported=10, dropped=0)
    assert sum(exporter.batches) == 10
    assert max(exporter.batches) == 4
    assert exporter.closed.wait(10)


def test_an_incomplete_batch_goes_after_the_delay() -> None:
    exported = threading.Event()

    def note(_: int) -> SpanExportResult:
        exported.set()
        return SpanExportResult.SUCCESS

    pipeline = Pipeline(Exporter(note), Limits(100, 50, 0.01))
    finish(pipeline, 1)
    assert exported.wait(10)
    pipeline.close(10)


def test_failed_and_raising_exports_are_dropped_not_exported(caplog: pytest.LogCaptureFixture) -> None:
    def act(batch: int) -> SpanExportResult:
        if batch == 1:
            raise OSError("connection refused")
        return SpanExportResult.FAILURE if batch == 2 else SpanExportResult.SUCCESS

    pipeline = Pipeline(Exporter(act), Limits(100, 1, NEVER))
    with caplog.at_level(logging.WARNING):
        finish(pipeline, 3)
        assert pipeline.close(10) == FlushResult(exported=1, dropped=2)
    lost = [record for record in caplog.records if "spans lost" in record.message]
    assert len(lost) == 1, "one warning a minute is enough"


def test_close_is_bounded_and_truthful_while_an_export_hangs(stuck: threading.Event) -> None:
    def hang(_: int) -> SpanExportResult:
        stuck.wait()
        return SpanExportResult.SUCCESS

    exporter = Exporter(hang)
    pipeline = Pipeline(exporter, Limits(100, 1, NEVER))
    finish(pipeline, 5)
    assert pipeline.close(0.05) == FlushResult(exported=0, dropped=5)
    stuck.set()
    assert exporter.closed.wait(10), "the thread stops after the export under way"
    assert pipeline.close(10) == FlushResult(exported=1, dropped=4)


def test_a_full_queue_drops_and_never_blocks(stuck: threading.Event) -> None:
    entered = threading.Event()

    def hang(_: int) -> SpanExportResult:
        entered.set()
        stuck.wait()
        return SpanExportResult.SUCCESS

    pipeline = Pipeline(Exporter(hang), Limits(4, 1, NEVER))
    finish(pipeline, 1)
    assert entered.wait(10)
    finish(pipeline, 10)
    stuck.set()
    assert pipeline.close(10) == FlushResult(exported=5, dropped=6)


def test_a_span_that_never_ended_counts_as_dropped() -> None:
    pipeline = Pipeline(Exporter(succeed), Limits(100, 10, NEVER))
    open_span = tracer(pipeline).start_span("open")
    assert pipeline.close(10) == FlushResult(exported=0, dropped=1)
    open_span.end()
    assert pipeline.close(10) == FlushResult(exported=0, dropped=1)


def test_unsampled_spans_count_nowhere() -> None:
    pipeline = Pipeline(Exporter(succeed), Limits(100, 10, NEVER))
    tracer(pipeline, sampled=False).start_span("s").end()
    assert pipeline.close(10) == FlushResult(exported=0, dropped=0)


def test_an_instrumented_exporter_makes_no_spans_of_its_own() -> None:
    seen: list[bool] = []

    def look(_: int) -> SpanExportResult:
        seen.append(suppressed())
        return SpanExportResult.SUCCESS

    pipeline = Pipeline(Exporter(look), Limits(100, 10, NEVER))
    finish(pipeline, 1)
    pipeline.close(10)
    assert seen == [True]


def test_limits_come_from_the_environment() -> None:
    environment = {"OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_SCHEDULE_DELAY": "250"}
    assert Limits.from_environment(environment) == Limits(queue=100, batch=100, delay=0.25)
    assert Limits.from_environment({}) == Limits(queue=2048, batch=512, delay=5.0)


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5"])
def test_a_bad_limit_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=f"OTEL_BSP_SCHEDULE_DELAY is '{text}'"):
        Limits.from_environment({"OTEL_BSP_SCHEDULE_DELAY": text})


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
