import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from tracedpipeline import loopback
from tracedpipeline.page import build, server
from tracedpipeline.page.document import Page
from tracedpipeline.page.server import PageServer
from tracedpipeline.verdict import Verdict

from tests.unit.operator.page.spans import message


class Served:
    """A page that a test changes, as it is served."""

    def __init__(self) -> None:
        self.page = build.build("orders", Verdict(True, "TracesFlowing", "read back"), message(1), 0)
        self.looks = 0
        self.url = ""

    async def look(self) -> Page:
        self.looks += 1
        return replace(self.page, at=self.looks)


@pytest.fixture
async def served(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    monkeypatch.setattr(server, "SECONDS_BETWEEN", 0.01)
    found, application = Served(), loopback.application()
    PageServer(found.look).add_to(application)
    async with TestServer(application) as serving:
        found.url = str(serving.make_url(""))
        yield found


async def events(response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    async for line in response.content:
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


async def test_the_page_and_then_each_change_are_sent(served: Served) -> None:
    async with aiohttp.ClientSession(served.url) as session, session.get("/events") as response:
        assert response.content_type == "text/event-stream"
        found = events(response)
        assert (await anext(found))["reason"] == "TracesFlowing"
        looks = served.looks
        served.page = replace(served.page, reason="NoConsumerSpans")
        changed = await anext(found)
        assert (changed["reason"], changed["live"]) == ("NoConsumerSpans", True)
        assert served.looks > looks


async def test_nothing_is_looked_for_before_somebody_asks(served: Served) -> None:
    assert served.looks == 0
    async with aiohttp.ClientSession(served.url) as session, session.get("/") as response:
        text = await response.text()
    assert served.looks == 1
    assert '"live":true' in text
    assert response.headers["Cache-Control"] == "no-store"


async def test_events_end_with_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SECONDS_BETWEEN", 300)
    found, application = Served(), loopback.application()
    PageServer(found.look).add_to(application)
    serving = TestServer(application)
    await serving.start_server()
    async with aiohttp.ClientSession() as session, session.get(serving.make_url("/events")) as response:
        received = events(response)
        await anext(received)
        await serving.close()
        assert [each async for each in received] == []


@pytest.mark.parametrize("path", ["/", "/events"])
async def test_a_name_of_somebody_else_gets_nothing(served: Served, path: str) -> None:
    async with (
        aiohttp.ClientSession(served.url) as session,
        session.get(path, headers={"Host": "evil.example"}) as response,
    ):
        assert response.status == 403
    assert served.looks == 0
