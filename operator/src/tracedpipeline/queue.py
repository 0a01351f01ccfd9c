"""One reconcile at a time for each pipeline; what happens meanwhile becomes one more."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tracedpipeline import failure

log = logging.getLogger(__name__)

FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 60.0
# More would double nothing: the longest wait is reached before, and some failures later a float would overflow.
MOST_DOUBLINGS = 16
AT_ONCE = 8

Key = TypeVar("Key", bound=Hashable)


@dataclass
class _Entry:
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Queue(Generic[Key]):
    """Runs `work(key)` for every key that was added.

    `work` returns after how many seconds it wants to run again, or None when the key is gone. An exception is logged,
    and the work is tried again after a while that doubles each time; an addition in between is served at once. Nothing
    that the work raises or returns ends the key's task.
    """

    def __init__(self, work: Callable[[Key], Awaitable[float | None]]) -> None:
        self._work = work
        self._entries: dict[Key, _Entry] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.last_completed: float | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, key: Key) -> None:
        """Ask for a run; returns at once."""
        entry = self._entries.setdefault(key, _Entry())
        entry.wanted.set()
        if entry.task is None or entry.task.done():
            entry.task = asyncio.create_task(self._serve(key, entry), name=f"reconcile {key}")

    async def _serve(self, key: Key, entry: _Entry) -> None:
        failures = 0
        while True:
            entry.wanted.clear()
            again, failures = await self._run(key, failures)
            if again is None and not entry.wanted.is_set():
                del self._entries[key]
                return
            await _wait(entry.wanted, again)

    async def _run(self, key: Key, failures: int) -> tuple[float | None, int]:
        async with self._slots:
            try:
                again = _checked(await self._work(key))
            except BaseException as error:
                if _ends_us(error):
                    raise
                _tell(key, error)
                return backoff(failures), failures + 1
        self.last_completed = asyncio.get_running_loop().time()
        return again, 0

    async def stop(self) -> None:
        """End all runs and wait until they have."""
        tasks = [entry.task for entry in self._entries.values() if entry.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._entries.clear()


def backoff(failures: int) -> float:
    """Return how long to wait after so many failures before this one."""
    return min(FIRST_BACKOFF_SECONDS * 2.0 ** min(failures, MOST_DOUBLINGS), LONGEST_BACKOFF_SECONDS)


def _checked(again: float | None) -> float | None:
    if again is not None and not (math.isfinite(again) and again >= 0):
        raise ValueError(f"the next run is to be in {again} seconds")
    return again


def _ends_us(error: BaseException) -> bool:
    """Return whether the task or the process is to end; a CancelledError may be of something that the work awaited."""
    task = asyncio.current_task()
    cancelled = isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0
    return cancelled or isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit)


def _tell(key: object, error: BaseException) -> None:
    # Neither a broken log handler nor an exception that has no text may end the task.
    with suppress(Exception):
        trail = error if log.isEnabledFor(logging.DEBUG) else None
        log.error("reconcile of %s will be tried again: %s", key, failure.verdict(error).message, exc_info=trail)


async def _wait(event: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
