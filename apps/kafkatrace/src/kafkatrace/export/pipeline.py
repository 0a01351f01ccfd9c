"""Finished operations to their way out, in the background: counted into metrics, encoded, exported.

The SDK's BatchSpanProcessor ignores timeouts, takes 20 s and more to shut down with the Collector away, and
calls that success (opentelemetry-python 4568, 4555): hence this one. It honours the same OTEL_BSP_* variables.
"""

import logging
import os
import threading
import time
import weakref
from collections import deque
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, set_value

from kafkatrace.export.batch import Batch, Exporter
from kafkatrace.export.batch_limits import Limits
from kafkatrace.export.partial_success import ExportFailure
from kafkatrace.metrics.counters import AtomicCounter
from kafkatrace.spans.message_span import MessageSpan

_logger = logging.getLogger(__name__)
_SECONDS_BETWEEN_WARNINGS: Final = 60.0
_HEAVIEST: Final = 8 << 20  # bytes of a batch that takes no more; the Collector refuses more than 20 MiB
_AT_ONCE: Final = 256  # then other threads get their turn: encoding holds the interpreter's lock


class Finisher(Protocol):
    """Knows what becomes of an item that it put."""

    def account(self, item: Any) -> int:
        """Count the item into metrics, and tell how many spans it will give."""

    def encode(self, item: Any, batch: Batch) -> None:
        """Add the item's spans to the batch."""


# A message's span, or a tuple that begins with its finisher: one object less for each message.
Item: TypeAlias = MessageSpan | tuple[Any, ...]


def _finisher(item: Item) -> Any:
    return item[0] if isinstance(item, tuple) else item.receiver


@dataclass(frozen=True, slots=True)
class FlushResult:
    """How many sampled spans the exporter took, and how many began but were never taken."""

    exported: int
    dropped: int


class Pipeline:
    """A bounded queue and one daemon thread; putting never waits, and a full queue drops the newest."""

    def __init__(self, exporter: Exporter, limits: Limits) -> None:
        self._exporter = exporter
        self.limits = limits
        self._warned_at = -_SECONDS_BETWEEN_WARNINGS
        self._started = AtomicCounter()
        self.started_spans = self._started.numbers
        self.begin_span = self._started.add  # for each sampled span: it must be exported or show as dropped
        self._start()
        restart = weakref.WeakMethod(self._start)
        os.register_at_fork(after_in_child=lambda: (again := restart()) and again())

    def _start(self) -> None:
        # also in a forked child: the parent exports what waits there, and its locks may be held for ever
        self._queue: deque[Item] = deque()
        self._flushes: deque[threading.Event] = deque()
        self._mark = self.limits.batch
        self._wake = threading.Event()
        self._accounting = threading.Lock()
        self._why = "none"
        self._started_before = self._started.value()
        self.exported = self.failed = self.overflowed = self._told = 0
        self._closing = self._abandoned = False
        self._worker = threading.Thread(target=self._run, name="kafkatrace-export", daemon=True)
        self._worker.start()

    def put(self, item: Item) -> None:
        """Take a finished operation."""
        self._queue.append(item)
        if len(self._queue) >= self._mark:
            self._pressed()

    def flush(self, timeout: float) -> FlushResult:
        """Export what waits now, within `timeout` seconds, and go on."""
        done = threading.Event()
        self._flushes.append(done)
        self._wake.set()
        done.wait(max(timeout, 0.0))
        return self._result()

    def close(self, timeout: float) -> FlushResult:
        """Export what waits and stop, within `timeout` seconds; a span still under way counts as dropped.

        Calling it again waits again, for what an earlier call left under way, and gives the newest figures.
        """
        self._closing = True
        self._wake.set()
        self._worker.join(max(timeout, 0.0))
        self._abandoned = True
        return self._result()

    def _result(self) -> FlushResult:
        return FlushResult(self.exported, max(self._started.value() - self._started_before - self.exported, 0))

    def _pressed(self) -> None:
        self._mark = self.limits.queue  # the thread is told once, and then only when there is no more room
        self._wake.set()
        if len(self._queue) > self.limits.queue:
            with self._accounting:
                try:
                    item = self._queue.pop()
                except IndexError:
                    return
                try:
                    self.overflowed += _finisher(item).account(item)
                except Exception:  # as in _finish(); this is a handler's thread
                    self._lost()

    def _run(self) -> None:
        attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))  # for good: the thread does nothing but export
        metrics_due = time.monotonic() + self.limits.metrics_interval
        while not self._abandoned:
            full = self._wait(metrics_due)
            flushes = [self._flushes.popleft() for _ in range(len(self._flushes))]
            self._export_batches(self.limits.batch if full and not flushes and not self._closing else 1)
            for flushed in flushes:
                flushed.set()
            if self._closing or time.monotonic() >= metrics_due:
                metrics_due = time.monotonic() + self.limits.metrics_interval
                self._exporter.export_metrics()
            if self._closing and not self._queue:
                break
        self._exporter.shutdown()

    def _wait(self, metrics_due: float) -> bool:
        """Wait until a batch is full (True) or the delay is over."""
        self._wake.clear()
        self._mark = self.limits.batch
        if self._closing or self._flushes or len(self._queue) >= self.limits.batch:
            return True
        return self._wake.wait(min(self.limits.delay, max(metrics_due - time.monotonic(), 0.0)))

    def _export_batches(self, least: int) -> None:
        while len(self._queue) >= least and not self._abandoned:
            batch = Batch()
            while self._queue and batch.room(self.limits.batch) and batch.weigh() < _HEAVIEST:
                self._take_some(batch)
                time.sleep(0)
            if batch.size:
                self._export(batch)
        self._warn()

    def _take_some(self, batch: Batch) -> None:
        with self._accounting:
            for _ in range(_AT_ONCE):
                try:
                    item = self._queue.popleft()
                except IndexError:
                    return
                self._finish(item, batch)
                if not batch.room(self.limits.batch):
                    return

    def _finish(self, item: Item, batch: Batch) -> None:
        try:
            finisher = _finisher(item)
            if finisher.account(item):
                finisher.encode(item, batch)
        except Exception:  # one strange value must not cost the others
            self._lost()

    def _lost(self) -> None:
        self.failed += 1
        _logger.exception("a span could not be encoded")

    def _export(self, batch: Batch) -> None:
        try:
            refused = self._exporter.export(batch)
        except Exception as error:
            refused = ExportFailure(batch.size, f"{type(error).__name__}: {error}")
        if refused is None:
            self.exported += batch.size
            return
        lost = min(refused.spans, batch.size)  # the number is the Collector's
        self.exported += batch.size - lost
        self.failed += lost
        self._why = refused.why

    def _warn(self) -> None:
        lost = self.overflowed + self.failed
        if lost > self._told and time.monotonic() - self._warned_at >= _SECONDS_BETWEEN_WARNINGS:
            self._told = lost
            self._warned_at = time.monotonic()
            _logger.warning(
                "spans lost since the start: %d not exported, %d found the queue full; the last failure: %s; "
                "is the Collector reachable (OTEL_EXPORTER_OTLP_ENDPOINT)?",
                self.failed,
                self.overflowed,
                self._why,
            )
