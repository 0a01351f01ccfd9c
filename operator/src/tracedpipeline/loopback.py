"""HTTP servers for the programs and the browser of this machine alone."""

import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import hdrs, web

ADDRESS: Final = "127.0.0.1"
# Another name that leads here is a page of somebody else, which could read what spans say (DNS rebinding).
_OUR_NAMES: Final = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_FORBIDDEN: Final = "this is for programs of this machine alone: use the address 127.0.0.1 or localhost"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PortError(Exception):
    """A port that cannot be had, which it is, and what to do."""


def application(most_bytes: int = 1024**2) -> web.Application:
    """Return an application that answers nobody but this machine; a request has so many bytes at most."""
    return web.Application(client_max_size=most_bytes, middlewares=[_ours_alone])


@web.middleware
async def _ours_alone(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what came under another name, or from a page that is not ours: a browser says so in Origin."""
    hosts = request.headers.getall(hdrs.HOST, [])
    if len(hosts) != 1 or not _OUR_NAMES.fullmatch(hosts[0]):
        raise web.HTTPForbidden(text=_FORBIDDEN)
    origins = request.headers.getall(hdrs.ORIGIN, [])
    if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in origins):
        raise web.HTTPForbidden(text=_FORBIDDEN)
    return await handler(request)


def listen(port: int) -> socket.socket:
    """Return a socket that listens at this port of this machine, 0 for any that is free."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((ADDRESS, port))
        listener.listen()  # at once: until then others could bind the port, too
    except OSError as error:
        listener.close()
        raise PortError(
            f"port {port} of {ADDRESS} cannot be had ({error.strerror}): choose another with --port"
        ) from error
    return listener


def address(listener: socket.socket) -> str:
    """Return the address of what listens."""
    return f"http://{ADDRESS}:{listener.getsockname()[1]}"


@asynccontextmanager
async def serving(served: web.Application, listener: socket.socket) -> AsyncIterator[str]:
    """Serve an application at a socket; gives its address."""
    runner = web.AppRunner(served, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield address(listener)
    finally:
        await runner.cleanup()
