import asyncio
import logging
from collections.abc import Callable, Iterator

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


class Clock:
    """Waits no longer than the test wants, and keeps for how long it was to wait."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds: list[float | None] = []
        monkeypatch.setattr("tracedpipeline.queue._wait", self.wait)

    async def wait(self, _: asyncio.Event, seconds: float | None) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0 if seconds != 3600.0 else seconds)


async def test_after_two_thousand_failures_it_is_tried_still_and_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    monkeypatch.setattr("tracedpipeline.queue.log.disabled", True)
    monkeypatch.setattr("tracedpipeline.queue.KEY_PER_SECOND", 1e9)
    monkeypatch.setattr("tracedpipeline.queue.ALL_PER_SECOND", 1e9)
    work = Work()
    work.failures = 2000
    work.may_end.set()
    queue = Queue(work)
    queue.add("a")
    await until(lambda: queue.last_completed is not None)
    await until(lambda: len(clock.seconds) == 2001)
    assert len(work.runs) == 2001
    assert clock.seconds[:9] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert set(clock.seconds[7:2000]) == {60.0}
    assert clock.seconds[2000] == 3600.0
    await queue.stop()


async def test_a_success_ends_the_row_of_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    outcomes: Iterator[ValueError | float] = iter([ValueError(), ValueError(), 1.0, ValueError()])

    async def work(_: str) -> float | None:
        outcome = next(outcomes, 3600.0)
        if isinstance(outcome, ValueError):
            raise outcome
        return outcome

    queue = Queue(work)
    assert queue.last_completed is None
    queue.add("a")
    await until(lambda: len(clock.seconds) == 5)
    assert clock.seconds == [0.5, 1.0, 1.0, 0.5, 3600.0]
    await queue.stop()


@pytest.mark.parametrize("soon", [0, 0.25])
async def test_the_next_run_may_be_at_once(soon: float, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    queue = Queue(Once(soon))
    queue.add("a")
    await until(lambda: len(clock.seconds) == 2)
    assert clock.seconds == [soon, 3600.0]
    await queue.stop()


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        (RuntimeError("the API server is away"), "RuntimeError: the API server is away"),
        (-1.0, "ValueError: the next run is to be in -1.0 seconds"),
    ],
)
@pytest.mark.parametrize(("level", "trail"), [(logging.INFO, False), (logging.DEBUG, True)])
async def test_the_log_tells_the_key_and_the_failure_and_where_in_the_code_while_debugging(
    odd: object, told: str, level: int, trail: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    queue = Queue(Once(odd))
    with caplog.at_level(level, "tracedpipeline.queue"):
        queue.add("a")
        await until(lambda: len(clock.seconds) == 2)
    (record,) = caplog.records
    assert record.message == f"reconcile of a will be tried again: {told}"
    assert bool(record.exc_info) is trail
    await queue.stop()


class Odd(BaseException):
    """Neither an Exception nor anything that is to end the process."""


class MuteError(Exception):
    """Cannot even be printed."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


def repr_of_type(odd: object) -> str:
    return type(odd).__name__ if isinstance(odd, BaseException) else repr(odd)[:9]


class Once:
    """Does one odd thing, then what work does."""

    def __init__(self, odd: BaseException | object) -> None:
        self.odd: BaseException | object | None = odd

    async def __call__(self, key: str) -> float | None:
        odd, self.odd = self.odd, None
        if isinstance(odd, BaseException):
            raise odd
        return 3600.0 if odd is None else odd  # type: ignore[return-value]  # of any type, that is the point


@pytest.mark.parametrize(
    "odd",
    [
        Odd(),
        MuteError(),
        ExceptionGroup("two", [ValueError(), KeyError()]),
        BaseExceptionGroup("odd", [Odd()]),
        RecursionError(),
        MemoryError(),
        StopIteration(),
        StopAsyncIteration(),
        asyncio.CancelledError(),
        TimeoutError(),
        float("nan"),
        float("inf"),
        -1.0,
        10**400,
        "soon",
    ],
    ids=repr_of_type,
)
async def test_nothing_that_work_raises_or_returns_ends_a_keys_task(
    odd: BaseException | object, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    queue = Queue(Once(odd))
    queue.add("a")
    await until(lambda: len(clock.seconds) == 2)
    assert clock.seconds == [0.5, 3600.0]
    await queue.stop()


async def test_a_broken_log_handler_does_not_end_a_keys_task(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError("disk full")

    handler = Broken()
    monkeypatch.setattr("tracedpipeline.queue.log.handlers", [handler])
    clock = Clock(monkeypatch)
    queue = Queue(Once(ValueError()))
    queue.add("a")
    await until(lambda: len(clock.seconds) == 2)
    await queue.stop()


async def test_a_task_that_ended_all_the_same_is_started_again() -> None:
    work = Work()
    work.may_end.set()
    queue = Queue(work)
    queue.add("a")
    await until(lambda: work.runs == ["a"])
    (task,) = (task for task in asyncio.all_tasks() if task.get_name() == "reconcile a")
    task.cancel()
    await until(task.done)
    queue.add("a")
    await until(lambda: work.runs == ["a", "a"])
    await queue.stop()


async def test_stopping_ends_work_that_waits() -> None:
    work = Work()
    queue = Queue(work)
    queue.add("a")
    await until(lambda: work.runs == ["a"])
    await queue.stop()
    assert [task for task in asyncio.all_tasks() if task.get_name() == "reconcile a"] == []
