"""How much work there may be: in a second, at a time, and of each one. Waits are spread, so that they do not meet."""

import asyncio
import heapq
import itertools
import random
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

# Of our own: whoever seeds the random numbers of the process changes no wait.
_random = random.Random()  # noqa: S311 - no secret comes of it
MOST_SPREAD = 0.2


def spread(seconds: float) -> float:
    """Return a little more than these seconds."""
    return seconds * (1.0 + _random.uniform(0.0, MOST_SPREAD))


class Bucket:
    """Tokens that come back at a rate, up to as many as may be taken at once."""

    def __init__(self, per_second: float, at_once: int) -> None:
        self._seconds = 1.0 / per_second
        self._burst = self._seconds * (at_once - 1)
        self._next = 0.0

    def wait(self, now: float) -> float:
        """Return how long it is until a token is there."""
        return max(0.0, self._next - self._burst - now)

    def take(self, now: float) -> None:
        """Take a token."""
        self._next = max(self._next, now) + self._seconds


class Turns:
    """Lets so many begin in a second; who is urgent begins before the others."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._order = itertools.count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, *, urgent: bool) -> None:
        """Return when it is one's turn."""
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not urgent, next(self._order), turn))
        if self._timer is None:
            self._admit()
        await turn

    def _admit(self) -> None:
        self._timer, loop = None, asyncio.get_running_loop()
        while self._waiting:
            if wait := self._bucket.wait(loop.time()):
                self._timer = loop.call_later(wait, self._admit)
                return
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():  # cancelled: who waited has gone
                self._bucket.take(loop.time())
                turn.set_result(None)


class Slots:
    """So many at a time of each one, such as of a namespace: whoever fills its own delays nobody else."""

    def __init__(self, each: int) -> None:
        self._each = each
        # One that nobody holds or waits for is not kept.
        self._semaphores: WeakValueDictionary[Hashable, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, one: Hashable) -> AsyncIterator[None]:
        """Hold a slot of this one."""
        semaphore = self._semaphores.setdefault(one, asyncio.Semaphore(self._each))
        async with semaphore:
            yield
