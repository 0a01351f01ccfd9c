"""One reconcile at a time for each pipeline; what happens meanwhile becomes one more."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 60.0
AT_ONCE = 8

Key = TypeVar("Key", bound=Hashable)


@dataclass
class _Entry:
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Queue(Generic[Key]):
    """Runs `work(key)` for every key that was added.

    `work` returns after how many seconds it wants to run again, or None when the key is gone. An exception is logged,
    and the work is tried again after a while that doubles each time; an addition in between is served at once.
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
        if entry.task is None:
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
                again = await self._work(key)
            except Exception as error:
                trail = error if log.isEnabledFor(logging.DEBUG) else None
                log.error(
                    "reconcile of %s will be tried again: %s: %s", key, type(error).__name__, error, exc_info=trail
                )
                return min(FIRST_BACKOFF_SECONDS * 2**failures, LONGEST_BACKOFF_SECONDS), failures + 1
        self.last_completed = asyncio.get_running_loop().time()
        return again, 0

    async def stop(self) -> None:
        """End all runs and wait until they have."""
        tasks = [entry.task for entry in self._entries.values() if entry.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._entries.clear()


async def _wait(event: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
