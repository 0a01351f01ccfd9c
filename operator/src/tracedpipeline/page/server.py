"""Serves the page on this machine, and what becomes of it as server-sent events."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from aiohttp import web

from tracedpipeline.page import html
from tracedpipeline.page.document import Page

SECONDS_BETWEEN: Final = 1.0
_KEEP_ALIVE: Final = b":\n\n"

Look = Callable[[], Awaitable[Page]]


class PageServer:
    """Looks once a second, however many watch, and not at all while nobody does."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._one_at_a_time = asyncio.Lock()
        self._page: Page | None = None
        self._looked = 0.0
        self._ends = asyncio.Event()

    def add_to(self, application: web.Application) -> None:
        """Serve `/` and `/events` with what else is served."""
        application.router.add_get("/", self._whole)
        application.router.add_get("/events", self._events)
        application.on_shutdown.append(self._end)

    async def _end(self, _: web.Application) -> None:
        self._ends.set()

    async def _newest(self) -> Page:
        async with self._one_at_a_time:
            if self._page is None or time.monotonic() - self._looked >= SECONDS_BETWEEN:
                self._page = replace(await self._look(), live=True)
                self._looked = time.monotonic()
            return self._page

    async def _whole(self, _: web.Request) -> web.Response:
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}
        return web.Response(text=html.render(await self._newest()), content_type="text/html", headers=headers)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Send the page whenever more of it than the time has changed; ends with the server or the browser."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        sent: Page | None = None
        with contextlib.suppress(ConnectionError):
            while not self._ends.is_set():
                page = await self._newest()
                changed = sent is None or replace(page, at=sent.at) != sent
                await response.write(f"data: {html.encode(page)}\n\n".encode() if changed else _KEEP_ALIVE)
                sent = page
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._ends.wait(), SECONDS_BETWEEN)
        return response
