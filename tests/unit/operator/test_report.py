"""How often statuses are written."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, cast

import pytest
from tracedpipeline import reasons
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.report import Reporter
from tracedpipeline.status.quiet import FIGURES_PER_SECOND
from tracedpipeline.status.readiness import READY
from tracedpipeline.verdict import Verdict

from tests.unit.operator.conftest import body

PIPELINES, MINUTES, PERIOD = 100, 20, 15


class Statuses:
    """An API server that keeps what is written as the status."""

    def __init__(self) -> None:
        self.written: dict[Key, Any] = {}
        self.writes = 0

    async def write_status(self, key: Key, status: Mapping[str, Any]) -> None:
        self.written[key] = status
        self.writes += 1

    async def event(self, *_: object, **__: object) -> None:
        pass

    def pipeline(self, number: int) -> dict[str, Any]:
        found = body(f"orders-{number}")
        return found | {"status": self.written.get(Key("shop", f"orders-{number}"), {})}


async def report(
    reporter: Reporter, statuses: Statuses, milliseconds: float, ready: Verdict, of: Iterable[int] = range(PIPELINES)
) -> None:
    for number in of:
        details = {"lastTrace": {"endToEndMilliseconds": milliseconds}}
        await reporter.report(statuses.pipeline(number), {READY: ready}, details)


async def test_figures_of_all_pipelines_share_few_writes_and_each_gets_some(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
    statuses = Statuses()
    reporter = Reporter(cast("Cluster", statuses))
    ready = Verdict(True, reasons.ALL_AVAILABLE, "all components are available")
    await report(reporter, statuses, 1.0, ready)
    assert statuses.writes == PIPELINES, "transitions do not wait"
    first = dict(statuses.written)
    statuses.writes = 0
    for second in range(MINUTES * 60):
        now, before = now + 1, statuses.writes
        await report(reporter, statuses, 2.0 ** (second // 10), ready, range(second % PERIOD, PIPELINES, PERIOD))
        assert statuses.writes - before <= 1, "what is due at once is not written at once"
    assert statuses.writes <= FIGURES_PER_SECOND * MINUTES * 60
    assert all(statuses.written[key] != first[key] for key in first)
    statuses.writes = 0
    await report(reporter, statuses, 1.0, Verdict(False, reasons.PROGRESSING, "0 of 1 pods are ready"))
    assert statuses.writes == PIPELINES, "transitions do not wait, however many figures do"
