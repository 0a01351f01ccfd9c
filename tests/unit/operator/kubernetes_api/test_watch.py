"""What is kept in memory, against the fake API server: nothing is missed, and nothing newer is taken back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kubernetes_api import objects, watch
from tracedpipeline.kubernetes_api.client import Cluster
from tracedpipeline.kubernetes_api.errors import NotAllowedError
from tracedpipeline.kubernetes_api.kinds import ALL, PIPELINE, Kind
from tracedpipeline.kubernetes_api.memory import Memory
from tracedpipeline.kubernetes_api.watch import Watch

from tests.unit.operator.apiserver import ApiServer, listening
from tests.unit.operator.conftest import body

ORDERS = TracedPipeline.parse(body())
KINDS = {kind.name: kind for kind in ALL}
CONFIG_MAPS = "/api/v1/namespaces/shop/configmaps"


class Told:
    """What the memory tells, each as kind, name and whether it is there."""

    def __init__(self) -> None:
        self.news: list[tuple[str, str, bool]] = []
        self._came = asyncio.Event()

    def __call__(self, kind: str, o: dict[str, Any], there: bool) -> None:
        self.news.append((kind, o["metadata"]["name"], there))
        self._came.set()

    async def until(self, look: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not look():
                self._came.clear()
                await self._came.wait()


class Watched:
    """A fake API server, and a cluster whose memory follows one kind."""

    def __init__(self, server: ApiServer, cluster: Cluster, told: Told, task: asyncio.Task[None]) -> None:
        self.server, self.cluster, self.told, self.task = server, cluster, told, task

    def names(self, kind: str = "ConfigMap") -> set[str]:
        return {o["metadata"]["name"] for o in self.cluster.memory.of_pipeline(kind, "shop", "orders")}

    async def reads(self) -> dict[tuple[str, str], Any]:
        return await self.cluster.owned(ORDERS, ["ConfigMap"])


@asynccontextmanager
async def watching(kind: Kind, server: ApiServer) -> AsyncIterator[Watched]:
    told = Told()
    memory = Memory(told)
    async with listening(server) as api:
        looking = Watch(api, memory, kind)
        task = asyncio.create_task(looking.run())
        await looking.tried.wait()
        try:
            yield Watched(server, Cluster(api, memory), told, task)
        finally:
            task.cancel()
            await asyncio.wait([task])


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    async with watching(KINDS["ConfigMap"], ApiServer()) as found:
        yield found


def config_map(name: str = "orders-one", **data: str) -> dict[str, Any]:
    return objects.config_map(ORDERS, naming.JAEGER, data) | {"metadata": objects.metadata(ORDERS, naming.JAEGER, name)}


def in_server(server: ApiServer, name: str, **data: str) -> None:
    """Let somebody else write it."""
    server._write(f"{CONFIG_MAPS}/{name}", config_map(name, **data))


async def test_what_is_watched_is_read_without_a_request(watched: Watched) -> None:
    in_server(watched.server, "orders-one")
    await watched.told.until(lambda: watched.names() == {"orders-one"})
    watched.server.requests.clear()
    assert set(await watched.reads()) == {("ConfigMap", "orders-one")}
    assert watched.server.requests == []


async def test_our_own_writes_are_known_at_once(watched: Watched) -> None:
    watched.task.cancel()
    live = await watched.cluster.apply(config_map(a="1"))
    assert watched.names() == {"orders-one"}
    await watched.cluster.delete(live)
    assert watched.names() == set()


@pytest.mark.parametrize("forget", [False, True], ids=["cut", "410"])
async def test_what_happens_while_a_watch_is_cut_is_not_missed(
    watched: Watched, forget: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("orders-stays", "orders-goes", "orders-changes"):
        in_server(watched.server, name)
    await watched.told.until(lambda: len(watched.names()) == 3)
    watched.told.news.clear()
    watched.server.cut_watches()
    del_path = f"{CONFIG_MAPS}/orders-goes"
    watched.server._tell("DELETED", del_path, watched.server.objects.pop(del_path))
    in_server(watched.server, "orders-changes", a="2")
    in_server(watched.server, "orders-comes")
    if forget:
        watched.server.cut_watches(forget=True)
    await watched.told.until(lambda: watched.names() == {"orders-stays", "orders-changes", "orders-comes"})
    await watched.told.until(lambda: len(watched.told.news) >= 3)
    assert sorted(watched.told.news) == [
        ("ConfigMap", "orders-changes", True),
        ("ConfigMap", "orders-comes", True),
        ("ConfigMap", "orders-goes", False),
    ], "what did not change wakes nobody"
    lists = [query for verb, _, query, _ in watched.server.requests if verb == "GET" and "watch" not in query]
    assert len(lists) == 1 + forget


async def test_the_last_object_of_a_kind_that_goes_while_a_watch_is_cut_is_not_missed(watched: Watched) -> None:
    in_server(watched.server, "orders-one")
    await watched.told.until(watched.names)
    watched.server.objects.clear()
    watched.server.cut_watches(forget=True)
    await watched.told.until(lambda: not watched.names())
    assert watched.told.news[-1] == ("ConfigMap", "orders-one", False)


class Away(ApiServer):
    """Answers as the test says while it is away."""

    status = 0
    came: asyncio.Event

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.status and request.method == "GET":
            self.requests.append(("GET", request.path, dict(request.query), None))
            self.came.set()
            if self.status == 1:
                assert request.transport
                request.transport.abort()
            return web.json_response({"message": "away"}, status=self.status)
        return await super().handle(request)


@pytest.mark.parametrize("status", [1, 403, 410, 429, 500, 504])
async def test_an_api_server_that_was_away_is_caught_up_with(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "FIRST_PAUSE_SECONDS", 0.01)
    server = Away()
    async with watching(KINDS["ConfigMap"], server) as watched:
        in_server(server, "orders-one")
        await watched.told.until(watched.names)
        server.status, server.came = status, asyncio.Event()
        server.cut_watches()
        await asyncio.wait_for(server.came.wait(), 10)
        path = f"{CONFIG_MAPS}/orders-one"
        server._tell("DELETED", path, server.objects.pop(path))
        in_server(server, "orders-two")
        server.status = 0
        await watched.told.until(lambda: watched.names() == {"orders-two"})
        assert set(await watched.reads()) == {("ConfigMap", "orders-two")}


class Deaf(ApiServer):
    """Takes watches and tells them nothing, as a connection does whose other end is gone."""

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.Event().wait()
        return response


async def test_a_watch_that_is_silent_for_too_long_is_replaced_by_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "SILENT_SECONDS", 0.05)
    async with watching(KINDS["ConfigMap"], Deaf()) as watched:
        in_server(watched.server, "orders-one")
        await watched.told.until(lambda: watched.names() == {"orders-one"})
        watched.server.objects.clear()
        await watched.told.until(lambda: not watched.names())


async def test_what_is_refused_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads it is to be told of the refusal."""
    monkeypatch.setattr(watch, "FIRST_PAUSE_SECONDS", 0.01)
    server = Away()
    async with watching(KINDS["ConfigMap"], server) as watched:
        server.status, server.came = 403, asyncio.Event()
        server.cut_watches()
        async with asyncio.timeout(10):
            while watched.cluster.memory.covers("ConfigMap", "shop"):
                await asyncio.sleep(0.01)
        with pytest.raises(NotAllowedError):
            await watched.reads()


async def test_a_definition_that_is_removed_and_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "FIRST_PAUSE_SECONDS", 0.01)
    server = Away()
    path = f"/{PIPELINE.path('shop')}/orders"
    server._write(path, body())
    async with watching(PIPELINE, server) as watched:
        assert watched.cluster.memory.get(PIPELINE.name, "shop", "orders")
        server.status, server.came = 404, asyncio.Event()
        server.cut_watches(forget=True)
        await watched.told.until(lambda: watched.told.news[-1] == (PIPELINE.name, "orders", False))
        server.objects.clear()
        server._write(path, body())
        server.status = 0
        await watched.told.until(lambda: watched.told.news[-1] == (PIPELINE.name, "orders", True))


async def test_a_kind_that_is_not_known_is_read_once_something_of_it_was_written() -> None:
    server = ApiServer()
    async with watching(KINDS["FlinkDeployment"], server) as watched:
        assert await watched.cluster.owned(ORDERS, ["FlinkDeployment"]) == {}
        server.flink = True
        server.requests.clear()
        wanted = {"kind": "FlinkDeployment", "metadata": objects.metadata(ORDERS, naming.CONSUMER)}
        await watched.cluster.apply(wanted)
        assert set(await watched.cluster.owned(ORDERS, ["FlinkDeployment"])) == {("FlinkDeployment", "orders-consumer")}
        assert server.sent("GET") == ["/apis/flink.apache.org/v1beta1/namespaces/shop/flinkdeployments"]
