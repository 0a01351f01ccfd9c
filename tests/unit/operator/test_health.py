"""What the operator tells of itself, and when it is to be started again."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import kopf
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kopf._core.engines.probing import health_reporter  # what kopf answers is not among its public names
from kubernetes.aio import client
from tracedpipeline import handlers, health
from tracedpipeline.cli.run import log_formatter
from tracedpipeline.health import Health, UnhealthyError, measured
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.kubernetes_api.kinds import PIPELINE
from tracedpipeline.kubernetes_api.memory import EVERYWHERE, Memory
from tracedpipeline.kubernetes_api.watch import Watch
from tracedpipeline.local.ports import free_port
from tracedpipeline.queue import Queue

from tests.unit.operator.apiserver import ApiServer, listening
from tests.unit.operator.conftest import body


async def never(_: Key) -> float | None:
    await asyncio.Event().wait()
    return None


@pytest.fixture
async def running() -> AsyncIterator[Health]:
    queue = Queue[Key](never)
    yield Health(queue, Memory())
    await queue.stop()


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let the loop's clock be so much further for whoever asks it."""
    loop = asyncio.get_running_loop()
    now = loop.time
    monkeypatch.setattr(loop, "time", lambda: now() + seconds)


async def test_a_key_that_is_not_served_for_too_long_is_unhealthy(
    running: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.check()
    running.queue.add(Key("shop", "orders"))
    await asyncio.sleep(0)
    running.check()
    later(monkeypatch, health.UNSERVED_SECONDS + 1)
    with pytest.raises(UnhealthyError, match="a pipeline has waited"):
        running.check()


async def test_what_rests_is_not_unserved(monkeypatch: pytest.MonkeyPatch) -> None:
    done = asyncio.Event()

    async def work(_: Key) -> float | None:
        done.set()
        return 3600.0

    queue = Queue[Key](work)
    queue.add(Key("shop", "orders"))
    await done.wait()
    await asyncio.sleep(0)
    later(monkeypatch, health.UNSERVED_SECONDS + 1)
    assert queue.oldest_unserved_seconds() == 0.0
    await queue.stop()


class Proxy:
    """Between a watch and the API server; it can be cut."""

    def __init__(self, server: ApiServer) -> None:
        self.server, self.is_cut, self.refused = server, False, 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.is_cut:
            self.refused += 1
            assert request.transport
            request.transport.abort()
            return web.Response()
        return await self.server.handle(request)


async def test_a_watch_that_is_cut_is_unhealthy_after_a_while_and_heals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracedpipeline.kubernetes_api.watch.LONGEST_PAUSE_SECONDS", 0.01)
    server, memory = ApiServer(), Memory()
    proxy, judged = Proxy(server), Health(Queue[Key](never), memory)
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", proxy.handle)
    configuration = client.Configuration()
    async with TestServer(application) as between:
        configuration.host = str(between.make_url("")).rstrip("/")
        async with client.ApiClient(configuration) as api:
            watch = Watch(api, memory, PIPELINE)
            task = asyncio.create_task(watch.run())
            await watch.tried.wait()
            judged.check()
            proxy.is_cut = True
            server.cut_watches()
            await until(lambda: proxy.refused >= 2)
            heard = dict(memory.heard)
            await until(lambda: proxy.refused >= 5)
            assert memory.heard == heard, "nothing was heard, however often it was tried"
            later(monkeypatch, health.DEAD_WATCH_SECONDS + 1)
            with pytest.raises(UnhealthyError, match="the watch of TracedPipeline has not heard"):
                judged.check()
            proxy.is_cut = False
            await until(lambda: memory.heard != heard)
            judged.check()
            task.cancel()
            await asyncio.wait([task])


async def until(look: Any) -> None:
    async with asyncio.timeout(10):
        while not look():
            await asyncio.sleep(0.01)


async def test_kopfs_health_endpoint_fails_where_we_are_unhealthy(
    running: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.memory.heard[PIPELINE.name, EVERYWHERE] = asyncio.get_running_loop().time()
    # The handlers are those of this module, which registers them.
    assert handlers.alive
    memo, statuses, leases = kopf.Memo(health=running), [], []
    for seconds in (0.0, health.DEAD_WATCH_SECONDS + 1):
        later(monkeypatch, seconds)
        url, ready = f"http://127.0.0.1:{free_port()}/healthz", asyncio.Event()
        reporter = asyncio.create_task(
            health_reporter(
                url,
                memo=memo,  # type: ignore[arg-type]  # its type is private
                indices={},  # the operator has none
                registry=kopf.get_default_registry(),
                settings=kopf.OperatorSettings(),
                ready_flag=ready,
            )
        )
        await ready.wait()
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            statuses.append(answer.status)
            leases += [(await answer.json())["lease"]] if answer.status == 200 else []
        reporter.cancel()
        await asyncio.wait([reporter])
    assert statuses == [200, 500]
    assert leases == ["none: nothing keeps another operator from writing, too"]


async def test_metrics_are_served(running: Health) -> None:
    async def fail() -> float | None:
        raise LookupError("no such kind")

    async def rest() -> float | None:
        return 15.0

    assert await measured(rest()) == 15.0
    with pytest.raises(LookupError):
        await measured(fail())
    async with listening(ApiServer()) as api:
        await Cluster(api).pipeline(Key("shop", "orders"))
    condition = {"type": "Ready", "status": "True", "reason": "AllAvailable", "message": "all components are available"}
    ready = {"status": {"conditions": [condition | {"lastTransitionTime": "2026-01-01T00:00:00Z"}]}}
    running.memory.replace(PIPELINE.name, EVERYWHERE, [body("a") | ready, body("b") | ready, body("c")])
    running.memory.heard[PIPELINE.name, EVERYWHERE] = asyncio.get_running_loop().time()
    port = free_port()
    runner = await running.serve(port)
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        text = await answer.text()
    await runner.cleanup()
    for line in (
        'tracedpipeline_pipelines{reason="AllAvailable"} 2.0',
        'tracedpipeline_pipelines{reason="Unknown"} 1.0',
        "tracedpipeline_oldest_unserved_seconds 0.0",
    ):
        assert line in text.splitlines()
    for start in (
        'tracedpipeline_reconciles_total{result="error"}',
        'tracedpipeline_reconciles_total{result="success"}',
        'tracedpipeline_api_requests_total{verb="get"}',
        'tracedpipeline_watch_age_seconds{kind="TracedPipeline"}',
        "tracedpipeline_reconcile_duration_seconds_count",
    ):
        assert any(line.startswith(start) for line in text.splitlines()), start


@pytest.mark.parametrize("format", ["json", "text"])
def test_logs_are_json_on_request(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    record = logging.LogRecord("tracedpipeline", logging.INFO, "x.py", 1, "wrote %s", ("orders",), None)
    line = log_formatter(format).format(record)
    if format == "text":
        assert line.endswith("INFO tracedpipeline wrote orders")
        return
    told = json.loads(line)
    assert (told["levelname"], told["name"], told["message"]) == ("INFO", "tracedpipeline", "wrote orders")


@pytest.mark.parametrize("format", ["json", "text"])
def test_nobody_writes_a_line_of_the_log_but_we(format: str) -> None:
    said = "it fails\n2026-01-01 INFO root all is well\x1b[2J\r\u2028\ud800"
    record = logging.LogRecord("tracedpipeline", logging.INFO, "x.py", 1, "orders: %s", (said,), None)
    line = log_formatter(format).format(record)
    assert line.isprintable()
    assert "all is well" in line
