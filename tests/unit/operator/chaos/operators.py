"""Operators as processes: each has its own way to the API server, and ends where the test says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio import client
from tracedpipeline import reasons
from tracedpipeline.health import Health
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.observed import LastTrace
from tracedpipeline.operating import operating
from tracedpipeline.settings import Settings
from tracedpipeline.verdict import Verdict

from tests.unit.operator.chaos.cluster import LEASES, World, is_write
from tests.unit.operator.conftest import SETTINGS

# What happens while an operator writes.
Strike = Callable[[World], None]


class Kafka(Topics):
    """A Kafka cluster that is as it should be."""

    async def ensure(self, *_: Any) -> Verdict:
        return Verdict(True, reasons.TOPIC_READY, "topic traced-topic is at kafka:9092")


async def flowing(*_: object) -> tuple[Verdict, LastTrace]:
    return Verdict(True, reasons.FLOWING, "a trace was found"), LastTrace("ab" * 16, 0, 12)


class Process:
    """What is between an operator and the API server; with it the operator ends, as by `kill -9`.

    `at` is the number of the write at which it ends, or at which `strikes` does something else; `done` is whether the
    API server has done that write by then.
    """

    def __init__(self, world: World, at: int = 0, *, done: bool = False, strikes: Strike | None = None) -> None:
        self.world, self.at, self.done, self.strikes = world, at, done, strikes
        self.writes = 0
        self.requests = 0
        self.of_lease = 0
        self.dead = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        self.of_lease += request.path.startswith(LEASES)
        self.writes += is_write(request)
        struck = is_write(request) and self.writes == self.at
        if struck and not self.done:
            self._strike()
        response = self.hang_up(request) if self.dead.is_set() else await self.answer(request)
        if struck and self.done:
            self._strike()
        return self.hang_up(request) if self.dead.is_set() else response

    def _strike(self) -> None:
        if self.strikes:
            self.strikes(self.world)
        else:
            self.dead.set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        return await self.world.handle(request)

    def hang_up(self, request: web.Request) -> web.Response:
        if request.transport:
            request.transport.abort()
        return web.Response()

    @asynccontextmanager
    async def running(self, settings: Settings = SETTINGS) -> AsyncIterator[Health]:
        """Run an operator that reaches the API server through it."""
        application = web.Application()
        application.router.add_route("*", "/{tail:.*}", self.handle)
        server = TestServer(application)
        async with AsyncExitStack() as ending:
            await server.start_server(shutdown_timeout=0)
            ending.push_async_callback(server.close)
            host = str(server.make_url("")).rstrip("/")
            api = await ending.enter_async_context(client.ApiClient(client.Configuration(host=host)))
            yield await ending.enter_async_context(operating(api, settings, Kafka()))


@asynccontextmanager
async def controlled(world: World) -> AsyncIterator[World]:
    """Let the controllers of a cluster work."""
    controllers = asyncio.create_task(world.control())
    try:
        yield world
    finally:
        controllers.cancel()
        await asyncio.wait([controllers])


async def settled(world: World, seconds: float = 100.0) -> float:
    """Wait until nothing was written for so long; returns when the last write was."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(1800):
        began = loop.time()
        while loop.time() < max(world.last_write, began) + seconds:
            await asyncio.sleep(1)
    return world.last_write
