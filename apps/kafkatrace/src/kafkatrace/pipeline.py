"""Finished spans to an exporter, in the background, counted.

The SDK's BatchSpanProcessor ignores timeouts, takes 20 s and more to shut down with the Collector away, and
calls that success (opentelemetry-python 4568, 4555): hence this one. It honours the same OTEL_BSP_*
variables.
"""

import logging
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, Context, attach, set_value
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

_logger = logging.getLogger(__name__)
_SECONDS_BETWEEN_WARNINGS: Final = 60.0


@dataclass(frozen=True, slots=True)
class FlushResult:
    """How many sampled spans the exporter took, and how many began but were never taken."""

    exported: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Spans waiting at most, spans per export, seconds that an incomplete batch waits."""

    queue: int
    batch: int
    delay: float

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Limits":
        """Read OTEL_BSP_MAX_QUEUE_SIZE, _MAX_EXPORT_BATCH_SIZE and _SCHEDULE_DELAY (milliseconds)."""
        queue = _positive(environment, "OTEL_BSP_MAX_QUEUE_SIZE", 2048)
        batch = _positive(environment, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512)
        delay = _positive(environment, "OTEL_BSP_SCHEDULE_DELAY", 5000) / 1000
        return cls(queue, min(batch, queue), delay)


def _positive(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "").strip() or str(default)
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"{name} is {text!r}: give a whole number greater than 0, or unset it for {default}")
    return int(text)


class Pipeline(SpanProcessor):
    """A bounded queue and one daemon thread; on_end never blocks, and a full queue drops the newest span."""

    def __init__(self, exporter: SpanExporter, limits: Limits) -> None:
        self._exporter = exporter
        self._limits = limits
        self._warned_at = -_SECONDS_BETWEEN_WARNINGS
        self._start()
        restart = weakref.WeakMethod(self._start)
        os.register_at_fork(after_in_child=lambda: (again := restart()) and again())

    def _start(self) -> None:
        # also in a forked child: the parent exports what waits there, and its locks may be held for ever
        self._changed = threading.Condition()
        self._queue: deque[ReadableSpan] = deque()
        self._started = self._exported = self._overflowed = 0
        self._closing = self._abandoned = False
        self._worker = threading.Thread(target=self._run, name="kafkatrace-export", daemon=True)
        self._worker.start()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Count the span: whatever becomes of it, it must be exported or show as dropped."""
        if span.get_span_context().trace_flags.sampled:
            with self._changed:
                self._started += 1

    def on_end(self, span: ReadableSpan) -> None:
        """Queue the span for export."""
        context = span.get_span_context()
        if context is None or not context.trace_flags.sampled:
            return
        with self._changed:
            if self._closing or len(self._queue) >= self._limits.queue:
                self._overflowed += 1
                return
            self._queue.append(span)
            if len(self._queue) >= self._limits.batch:
                self._changed.notify()

    def close(self, timeout: float) -> FlushResult:
        """Export what waits and stop, within `timeout` seconds; a span still under way counts as dropped.

        Calling it again waits again, for what an earlier call left under way, and gives the newest figures.
        """
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._worker.join(max(timeout, 0.0))
        with self._changed:
            self._abandoned = True
            return FlushResult(self._exported, max(self._started - self._exported, 0))

    def shutdown(self) -> None:
        """Close within five seconds; for those who know this object as the SDK's SpanProcessor."""
        self.close(5.0)

    def _run(self) -> None:
        attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))  # for good: the thread does nothing but export
        while (batch := self._next_batch()) is not None:
            if batch:
                self._export(batch)
        self._exporter.shutdown()

    def _next_batch(self) -> list[ReadableSpan] | None:
        with self._changed:
            full = lambda: self._closing or len(self._queue) >= self._limits.batch  # noqa: E731
            self._changed.wait_for(full, self._limits.delay)
            if self._abandoned or (self._closing and not self._queue):
                return None
            return [self._queue.popleft() for _ in range(min(len(self._queue), self._limits.batch))]

    def _export(self, batch: list[ReadableSpan]) -> None:
        try:
            succeeded = self._exporter.export(batch) is SpanExportResult.SUCCESS
        except Exception:
            _logger.exception("the span exporter raised")
            succeeded = False
        with self._changed:
            self._exported += len(batch) if succeeded else 0
            overflowed, self._overflowed = self._overflowed, 0
        self._warn(overflowed, 0 if succeeded else len(batch))

    def _warn(self, overflowed: int, failed: int) -> None:
        if (overflowed or failed) and time.monotonic() - self._warned_at >= _SECONDS_BETWEEN_WARNINGS:
            self._warned_at = time.monotonic()
            _logger.warning(
                "spans lost: %d refused by the exporter, %d found the queue full; "
                "is the Collector reachable (OTEL_EXPORTER_OTLP_ENDPOINT)?",
                failed,
                overflowed,
            )
