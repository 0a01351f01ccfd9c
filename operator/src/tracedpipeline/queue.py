"""One reconcile at a time for each pipeline; what happens meanwhile becomes one more."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tracedpipeline import failure
from tracedpipeline.limits import Bucket, Turns, spread

log = logging.getLogger(__name__)

FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 60.0
# More would double nothing: the longest wait is reached before, and some failures later a float would overflow.
MOST_DOUBLINGS = 16
# What is awaited is looked at after a second, and later less often, until something changes.
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0
WAIT_GROWTH = 1.5
# Runs of one key, and of all.
KEY_PER_SECOND, KEY_AT_ONCE = 1.0, 10
ALL_PER_SECOND, ALL_AT_ONCE = 50.0, 200

Key = TypeVar("Key", bound=Hashable)


@dataclass
class _Entry:
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    urgent: bool = True
    # Since when a run is wanted that has not ended.
    since: float | None = None
    quiet: int = 0
    failures: int = 0
    bucket: Bucket = field(default_factory=lambda: Bucket(KEY_PER_SECOND, KEY_AT_ONCE))
    task: asyncio.Task[None] | None = None


class Queue(Generic[Key]):
    """Runs `work(key)` for every key that was added.

    `work` returns after how many seconds it wants to run again, or None when the key is gone. An exception is logged,
    and the work is tried again after a while that doubles each time; an addition in between is served at once, unless
    the error says after how long it may be tried again. So many runs begin in a second, of a key and of all, first of
    those that were added as changed. Nothing that the work raises or returns ends the key's task.
    """

    def __init__(self, work: Callable[[Key], Awaitable[float | None]]) -> None:
        self._work = work
        self._entries: dict[Key, _Entry] = {}
        self._turns = Turns(Bucket(ALL_PER_SECOND, ALL_AT_ONCE))
        self.last_completed: float | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, key: Key, *, changed: bool = False) -> None:
        """Ask for a run; returns at once. `changed` is whether somebody wants something else, and waits for it."""
        entry = self._entries.setdefault(key, _Entry(urgent=changed))
        entry.urgent |= changed
        entry.quiet = 0
        if entry.since is None:
            entry.since = asyncio.get_running_loop().time()
        entry.wanted.set()
        if entry.task is None or entry.task.done():
            entry.task = asyncio.create_task(self._serve(key, entry), name=f"reconcile {key}")

    def oldest_unserved_seconds(self) -> float:
        """Return for how long a key waits that was added and has not been run since; 0 where none does."""
        now = asyncio.get_running_loop().time()
        return max((now - entry.since for entry in self._entries.values() if entry.since is not None), default=0.0)

    async def _serve(self, key: Key, entry: _Entry) -> None:
        while True:
            await self._turn(entry)
            again, floor = await self._run(key, entry)
            entry.since = asyncio.get_running_loop().time() if entry.wanted.is_set() else None
            if again is None and not entry.wanted.is_set():
                del self._entries[key]
                return
            if floor:
                await asyncio.sleep(spread(floor))
            await _wait(entry.wanted, again)

    async def _turn(self, entry: _Entry) -> None:
        """Wait until the key may run; what comes by then is part of this run."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(entry.bucket.wait(loop.time()))
        entry.bucket.take(loop.time())
        await self._turns.turn(urgent=entry.urgent)
        entry.wanted.clear()
        entry.urgent, entry.since = False, entry.since or loop.time()

    async def _run(self, key: Key, entry: _Entry) -> tuple[float | None, float]:
        """Return when to run again, and how long nothing may change that."""
        try:
            again = _checked(await self._work(key))
        except BaseException as error:
            if _ends_us(error):
                raise
            _tell(key, error)
            entry.failures += 1
            return backoff(entry.failures - 1), failure.retry_after(error)
        self.last_completed = asyncio.get_running_loop().time()
        entry.failures = 0
        if again is not None and again <= FIRST_WAIT_SECONDS:
            again = waiting(again, entry.quiet)
            entry.quiet += 1
        return again, 0.0

    async def stop(self) -> None:
        """End all runs and wait until they have."""
        tasks = [entry.task for entry in self._entries.values() if entry.task]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._entries.clear()


def backoff(failures: int) -> float:
    """Return how long to wait after so many failures before this one."""
    return min(FIRST_BACKOFF_SECONDS * 2.0 ** min(failures, MOST_DOUBLINGS), LONGEST_BACKOFF_SECONDS)


def waiting(first: float, looks: int) -> float:
    """Return how long to wait after so many looks that found nothing new."""
    return min(first * WAIT_GROWTH ** min(looks, MOST_DOUBLINGS), LONGEST_WAIT_SECONDS)


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
        async with asyncio.timeout(None if seconds is None else spread(seconds)):
            await event.wait()
    except TimeoutError:
        return
