"""With --jaeger, spans go on to where that Jaeger takes OTLP."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tracedpipeline import naming
from tracedpipeline.local.errors import LocalError
from tracedpipeline.local.forwarding import forward


class Jaeger:
    """Keeps what is posted to it, and answers with a status."""

    def __init__(self) -> None:
        self.status = 200
        self.taken: list[tuple[str, bytes]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.taken.append((request.content_type, await request.read()))
        return web.Response(status=self.status)


@pytest.fixture
async def jaeger(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Jaeger]:
    found = Jaeger()
    application = web.Application()
    application.router.add_post("/v1/traces", found.take)
    async with TestServer(application) as server:
        monkeypatch.setattr(naming, "OTLP_HTTP_PORT", server.port)
        yield found


async def test_a_request_goes_on_as_it_is(jaeger: Jaeger) -> None:
    async with forward("http://127.0.0.1:16686") as send:
        await send(b"spans")
    assert jaeger.taken == [("application/x-protobuf", b"spans")]


async def test_what_it_refuses_is_one_sentence(jaeger: Jaeger) -> None:
    jaeger.status = 400
    async with forward("http://127.0.0.1:16686") as send:
        with pytest.raises(LocalError, match=r"Jaeger does not take spans at http://127\.0\.0\.1:\d+/v1/traces: 400"):
            await send(b"spans")


async def test_nobody_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming, "OTLP_HTTP_PORT", 9)
    async with forward("http://[::1]:16686") as send:
        with pytest.raises(LocalError, match=r"Jaeger does not take spans at http://\[::1\]:9/v1/traces: "):
            await send(b"spans")
