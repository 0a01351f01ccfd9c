"""Spans to a Jaeger that is there already."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp

from tracedpipeline import naming
from tracedpipeline.local.errors import LocalError

_TIMEOUT = aiohttp.ClientTimeout(total=10)


@asynccontextmanager
async def forward(jaeger: str) -> AsyncIterator[Callable[[bytes], Awaitable[None]]]:
    """Yield what sends an OTLP request on to the host of Jaeger's query API, at the usual port for OTLP."""
    host = urlsplit(jaeger).hostname or ""
    url = f"http://{f'[{host}]' if ':' in host else host}:{naming.OTLP_HTTP_PORT}/v1/traces"
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:

        async def send(body: bytes) -> None:
            try:
                async with session.post(url, data=body, headers={"Content-Type": "application/x-protobuf"}) as answer:
                    answer.raise_for_status()
            except (aiohttp.ClientError, TimeoutError) as error:
                raise LocalError(
                    f"Jaeger does not take spans at {url}: {str(error) or type(error).__name__}"
                ) from error

        yield send
