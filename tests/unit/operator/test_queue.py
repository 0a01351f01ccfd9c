import asyncio
import logging
from collections.abc import Callable

import pytest
from tracedpipeline.queue import Queue


class Work:
    """Work whose end the test decides."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.may_end = asyncio.Event()
        self.again: float | None = 3600.0
        self.failures = 0

    async def __call__(self, key: str) -> float | None:
        self.runs.append(key)
        await self.may_end.wait()
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the API server is away")
        return self.again


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not look():
            await asyncio.sleep(0)


async def test_what_happens_during_a_run_becomes_one_more() -> None:
    work = Work()
    queue = Queue(work)
    queue.add("a")
    await until(lambda: work.runs == ["a"])
    for _ in range(5):
        queue.add("a")
    work.may_end.set()
    await until(lambda: work.runs == ["a", "a"])
    await asyncio.sleep(0.01)
    assert work.runs == ["a", "a"]
    await queue.stop()


async def test_keys_run_side_by_side_but_one_key_only_once() -> None:
    work = Work()
    queue = Queue(work)
    for key in ("a", "a", "b"):
        queue.add(key)
    await until(lambda: sorted(work.runs) == ["a", "b"])
    await queue.stop()


async def test_a_key_that_is_gone_is_forgotten_and_can_come_back() -> None:
    work = Work()
    work.again = None
    work.may_end.set()
    queue = Queue(work)
    queue.add("a")
    await until(lambda: len(queue) == 0)
    queue.add("a")
    await until(lambda: work.runs == ["a", "a"])
    await queue.stop()


async def test_work_asks_for_its_next_run() -> None:
    work = Work()
    work.again = 0.001
    work.may_end.set()
    queue = Queue(work)
    queue.add("a")
    await until(lambda: len(work.runs) >= 3)
    await queue.stop()


async def test_a_failure_is_logged_and_tried_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracedpipeline.queue.FIRST_BACKOFF_SECONDS", 0.001)
    work = Work()
    work.failures = 2
    work.may_end.set()
    queue = Queue(work)
    with caplog.at_level(logging.ERROR):
        queue.add("a")
        await until(lambda: len(work.runs) == 3)
        await until(lambda: queue.last_completed is not None)
    assert len([r for r in caplog.records if "will be tried again" in r.message]) == 2
    await queue.stop()


async def test_an_event_does_not_wait_for_the_backoff() -> None:
    work = Work()
    work.failures = 1
    work.may_end.set()
    queue = Queue(work)
    queue.add("a")
    await until(lambda: work.failures == 0)
    queue.add("a")
    await until(lambda: queue.last_completed is not None)
    await queue.stop()
