"""How many cases, and what the project's own propagators say of each."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Final

import kafkatrace
import pytest
from _pytest.capture import CaptureManager
from hypothesis import HealthCheck, Phase, settings
from kafkatrace.operations.send import Sender
from kafkatrace.spans.client_attributes import ClusterId
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from tests.unit.kafkatrace.handmade import Inbox

_FEW: Final = 500
CASES: Final = int(os.environ.get("KAFKATRACE_FUZZ_CASES", _FEW))
PROPERTIES: Final = 5  # of test_headers.py, which share the cases
_EVERY: Final = 10_000


def cases(share: float = 1.0) -> settings:
    """Settings of one property."""
    return settings(
        max_examples=max(round(CASES * share / PROPERTIES), 1),
        deadline=None,  # the machine may be busy; check() looks at the processor's time
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        derandomize=CASES == _FEW,  # `make test` has the same ones each time, `make fuzz` others
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


class Counting(SpanExporter):
    """Takes spans and keeps their number."""

    def __init__(self) -> None:
        self.taken = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.taken += len(spans)
        return SpanExportResult.SUCCESS


class Fuzz:
    """A consumer and a producer without a broker, and how many cases they have seen."""

    def __init__(self, capturing: CaptureManager | None) -> None:
        self.exporter = Counting()
        self.tracing = kafkatrace.configure("fuzz", exporter=self.exporter)
        self.inbox = Inbox(self.tracing)
        self.linked = Inbox(self.tracing, linked=True)
        self.sender = Sender(self.tracing, {}, ClusterId())
        self.seen = 0
        self.recorded = 0
        self._uncaptured: Callable[[], AbstractContextManager[None]]
        self._uncaptured = nullcontext if capturing is None else capturing.global_and_fixture_disabled
        self._start = time.monotonic()

    def case(self) -> None:
        """Count one."""
        self.seen += 1
        if self.seen % _EVERY == 0:
            self.tell()

    def tell(self) -> None:
        """Say how far it is."""
        with self._uncaptured():
            print(f"\nfuzz: {self.seen:,} cases in {time.monotonic() - self._start:.0f} s", flush=True)


@pytest.fixture(scope="session")
def fuzz(request: pytest.FixtureRequest) -> Iterator[Fuzz]:
    capturing: CaptureManager | None = request.config.pluginmanager.get_plugin("capturemanager")
    fuzz = Fuzz(capturing)
    yield fuzz
    fuzz.tell()
    result = fuzz.tracing.shutdown(60)
    assert (result.exported, result.dropped, fuzz.exporter.taken) == (fuzz.recorded, 0, fuzz.recorded), "none is lost"


class Warnings(logging.Handler):
    """What opentelemetry has to complain about."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage()[:200])


@pytest.fixture(scope="module")
def warned() -> Iterator[list[str]]:
    handler, logger = Warnings(), logging.getLogger("opentelemetry")
    logger.addHandler(handler)
    logger.propagate = False  # pytest would keep them all
    yield handler.said
    logger.propagate = True
    logger.removeHandler(handler)
