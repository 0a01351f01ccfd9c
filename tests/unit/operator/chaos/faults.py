"""How an API server fails: each is what it answers instead of what was requested, or None where it answers as usual."""

import asyncio
import copy
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.unit.operator.chaos.cluster import World, is_write
from tests.unit.operator.chaos.operators import Process

RETRY_AFTER_SECONDS = 30
LATENCY_SECONDS = 30.0

Fault = Callable[["Failing", web.Request], Awaitable[web.StreamResponse | None]]


class Failing(Process):
    """The way to an API server that fails while it is told to, or at one write alone."""

    def __init__(self, world: World, once_at: int = 0) -> None:
        super().__init__(world)
        self.fault: Fault | None = None
        self.once_at = once_at
        self.times: list[float] = []
        # What a list answers that is not up to date.
        self.old: dict[str, Any] = {}
        self.old_version = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.times.append(asyncio.get_running_loop().time())
        due = not self.once_at or (is_write(request) and self.writes == self.once_at)
        failed = await self.fault(self, request) if self.fault and due else None
        return failed or await super().answer(request)

    def begin(self, fault: Fault) -> None:
        self.old, self.old_version = copy.deepcopy(self.world.objects), len(self.world._history)
        self.times.clear()
        self.fault = fault

    def per_second(self, minutes: int) -> list[float]:
        """Return how many requests there were in a second, of each minute since it began."""
        began = self.times[0] if self.times else 0.0
        counts = [sum(60 * n <= time - began < 60 * (n + 1) for time in self.times) for n in range(minutes)]
        return [round(count / 60, 2) for count in counts]


def refused(status: int, message: str, **headers: str) -> web.Response:
    return web.json_response({"message": message, "code": status}, status=status, headers=headers)


async def conflict(_: Failing, request: web.Request) -> web.StreamResponse | None:
    return refused(409, "the object has been modified") if is_write(request) else None


async def gone(_: Failing, request: web.Request) -> web.StreamResponse | None:
    return None if is_write(request) else refused(410, "too old resource version")


async def busy(_: Failing, __: web.Request) -> web.StreamResponse | None:
    return refused(429, "too many requests", **{"Retry-After": str(RETRY_AFTER_SECONDS)})


async def broken(_: Failing, __: web.Request) -> web.StreamResponse | None:
    return refused(500, "etcdserver: request timed out")


async def broken_afterwards(failing: Failing, request: web.Request) -> web.StreamResponse | None:
    """It did what was requested, and says that it did not."""
    if is_write(request):
        await failing.world.handle(request)
        return refused(500, "etcdserver: request timed out")
    return None


async def cut_afterwards(failing: Failing, request: web.Request) -> web.StreamResponse | None:
    """It did what was requested, and its answer is lost."""
    if is_write(request):
        await failing.world.handle(request)
        return failing.hang_up(request)
    return None


async def slow(_: Failing, __: web.Request) -> web.StreamResponse | None:
    await asyncio.sleep(LATENCY_SECONDS)
    return None


async def away(failing: Failing, request: web.Request) -> web.StreamResponse | None:
    return failing.hang_up(request)


async def cut(failing: Failing, request: web.Request) -> web.StreamResponse | None:
    """A watch ends in the middle of a line."""
    if "watch" not in request.query:
        return None
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b'{"type": "MODIFIED", "object": {"metad')
    await asyncio.sleep(1)
    failing.hang_up(request)
    return response


async def stale(failing: Failing, request: web.Request) -> web.StreamResponse | None:
    """An API server that is behind: its lists are of the past, and a watch from the present is too old for it."""
    if is_write(request) or "labelSelector" not in request.query:
        return None
    if "watch" in request.query:
        known = int(request.query["resourceVersion"]) <= failing.old_version
        return None if known else refused(410, "too large resource version")
    behind = World()
    behind.objects, behind._history = failing.old, failing.world._history[: failing.old_version]
    return await behind.handle(request)


# At one write alone.
ONCE: tuple[Fault, ...] = (conflict, busy, broken, broken_afterwards, cut_afterwards, slow, away)
ALL: tuple[Fault, ...] = (conflict, gone, busy, broken, broken_afterwards, slow, away, cut, stale)
