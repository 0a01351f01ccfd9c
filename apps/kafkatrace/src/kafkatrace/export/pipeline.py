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

from kafkatrace.export.batch import Batch
from kafkatrace.export.batch_limits import Limits
from kafkatrace.export.exporters import Exporter, attempt, raised
from kafkatrace.export.losses import Losses
from kafkatrace.export.metric_export import Reports
from kafkatrace.metrics.counters import AtomicCounter
from kafkatrace.spans.message_span import MessageSpan

_logger = logging.getLogger(__name__)
_HEAVIEST: Final = 750_000  # bytes of a batch that takes no more; with those of a last turn it is one request
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
    """How many sampled spans the exporter took (exported), and how many began but were never taken (dropped)."""

    exported: int
    dropped: int


class Pipeline:
    """A bounded queue and one daemon thread; putting never waits, and a full queue drops the newest."""

    def __init__(self, exporter: Exporter, limits: Limits, reports: Reports | None = None) -> None:
        self._exporter = exporter
        self._reports = reports
        self.limits = limits
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
        self._losses = Losses()
        self._started_before = self._started.value()
        self.exported = self.failed = self.overflowed = 0
        self._closing = self._abandoned = False
        self._worker = threading.Thread(target=self._run, name="kafkatrace-export", daemon=True)
        try:
            self._worker.start()
        except RuntimeError as error:  # the process may have no more threads, or is about to end
            _logger.error("nothing is exported: %s", error)

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
        done.wait(_bounded(timeout))
        return self._result()

    def close(self, timeout: float) -> FlushResult:
        """Export what waits and stop, within `timeout` seconds; a span still under way counts as dropped.

        Calling it again waits again, for what an earlier call left under way, and gives the newest figures.
        """
        self.begin_close()
        if self._worker.ident is not None:  # else it never started
            self._worker.join(_bounded(timeout))
        self._abandoned = True
        return self._result()

    def begin_close(self) -> None:
        """Have the thread export what waits and stop; close() then waits for it."""
        self._closing = True
        self._wake.set()

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
            closing = self._closing  # as of now: what ends while this turn exports goes with the next
            flushes = [self._flushes.popleft() for _ in range(len(self._flushes))]
            self._export_batches(self.limits.batch if full and not flushes and not closing else 1)
            for flushed in flushes:
                flushed.set()
            if closing or time.monotonic() >= metrics_due:
                metrics_due = time.monotonic() + self.limits.metrics_interval
                self._export_metrics()
            if closing and not self._queue:
                break
        self._shut_down()

    def _export_metrics(self) -> None:
        if self._reports is not None and (why := self._reports.export()) is not None:
            self._losses.metrics(self._reports.failed, why)

    def _shut_down(self) -> None:
        for part in (self._reports, self._exporter):
            try:
                if part is not None:
                    part.shutdown()
            except BaseException as error:  # an exporter of others
                _logger.warning("an exporter could not be shut down: %s", raised(error))

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
        self._losses.spans(self.failed, self.overflowed)

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
        refused = attempt(self._exporter, batch)
        if refused is None:
            self.exported += batch.size
            return
        lost = min(refused.items, batch.size)  # the number is the Collector's
        self.exported += batch.size - lost
        self.failed += lost
        self._losses.why = refused.why


def _bounded(timeout: float) -> float:
    return min(max(timeout, 0.0), threading.TIMEOUT_MAX)
