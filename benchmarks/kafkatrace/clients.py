"""The three kinds of client that are compared, and brokers for them."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Generic, TypeVar

import confluent_kafka
import kafkatrace
from kafkatrace import Tracing
from opentelemetry.instrumentation.confluent_kafka import ConfluentKafkaInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

T = TypeVar("T")
LATE_KEEP: Final[dict[str, Any]] = {"keep_slower_than": 3600, "keep_errors": True}  # no message is so late
QUIET: Final[dict[str, Any]] = {"log_level": 0}
# Both sides export in between the measured stretches: the calling thread's CPU is what is measured here, and the
# exporting thread has a row of its own. On hyper-threads each would slow the other.
_IN_BETWEEN: Final = {
    "OTEL_BSP_MAX_QUEUE_SIZE": "100000",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "100000",
    "OTEL_BSP_SCHEDULE_DELAY": "3600000",
}


class Nowhere(SpanExporter):
    """Takes spans and keeps none."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Take them."""
        return SpanExportResult.SUCCESS


@contextmanager
def mock_broker() -> Iterator[str]:
    """Librdkafka's embedded broker; its bootstrap servers."""
    client = confluent_kafka.Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, **QUIET})
    yield ",".join(f"{each.host}:{each.port}" for each in client.list_topics(timeout=10).brokers.values())
    client.close()


def tracing(ratio: float, *, metrics: bool = True, **configured: Any) -> Tracing:
    """Kafkatrace whose spans wait while it is measured."""
    os.environ.update(_IN_BETWEEN, OTEL_TRACES_EXPORTER="none", OTEL_METRICS_EXPORTER="" if metrics else "none")
    return kafkatrace.configure("bench", sampling_ratio=ratio, **configured)


def drain(traced: Tracing) -> None:
    """Let the exporting thread do what waits."""
    traced.flush(30)


class Contrib:
    """The contrib instrumentation, its spans to nowhere."""

    def __init__(self, ratio: float) -> None:
        os.environ.update(_IN_BETWEEN)
        self.provider = TracerProvider(sampler=ParentBasedTraceIdRatio(ratio), shutdown_on_exit=False)
        self.provider.add_span_processor(BatchSpanProcessor(Nowhere()))

    def producer(self, conf: dict[str, Any]) -> Any:
        """Make an instrumented producer."""
        made = confluent_kafka.Producer(conf)
        return ConfluentKafkaInstrumentor.instrument_producer(made, self.provider)

    def consumer(self, conf: dict[str, Any]) -> Any:
        """Make an instrumented consumer."""
        made = confluent_kafka.Consumer(conf)
        return ConfluentKafkaInstrumentor.instrument_consumer(made, self.provider)

    def drain(self) -> None:
        """Let the exporting thread do what waits."""
        self.provider.force_flush()


class ThreadCpu(Generic[T]):
    """CPU of the thread that `start` starts."""

    def __init__(self, start: Callable[[], T]) -> None:
        before = set(threading.enumerate())
        self.made = start()
        (thread,) = set(threading.enumerate()) - before
        self._clock = time.pthread_getcpuclockid(thread.ident or 0)
        self._started = time.clock_gettime(self._clock)

    def seconds(self) -> float:
        """CPU seconds since it was started."""
        return time.clock_gettime(self._clock) - self._started
