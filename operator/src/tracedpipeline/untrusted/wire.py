"""How much a peer may send in all: interim answers and the frames of chunks, without end, are no body's bytes."""

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial

import aiohttp
from aiohttp.client_proto import ResponseHandler


@dataclass
class Allowance:
    """How many bytes a peer may send, and has sent."""

    most: int
    sent: int = 0

    @property
    def exceeded(self) -> bool:
        """Whether it has sent more than it may."""
        return self.sent > self.most


# Of what is not asked by `bounded_http`.
MOST = 2**23
# Of the request that opens the connection.
ALLOWANCE: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


class _Bounded(ResponseHandler):
    """A connection that ends when its peer has sent too much; aiohttp knows limits for a line and the headers alone."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._allowance = ALLOWANCE.get() or Allowance(MOST)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        self._allowance.sent += len(data)
        if self._allowance.exceeded:
            # Not our own abort(): it tells nobody who waits for more of the body.
            if self.transport:
                self.transport.abort()
        else:
            super().data_received(data)


def connector() -> aiohttp.TCPConnector:
    """Return one that looks the address up and connects again each time: a Service may have another one by now."""
    made = aiohttp.TCPConnector(use_dns_cache=False, force_close=True)
    # There is no public way to it; a test with endless peers tells when this one is gone.
    made._factory = partial(_Bounded, loop=asyncio.get_running_loop())  # type: ignore[assignment]  # it is a subclass
    return made
