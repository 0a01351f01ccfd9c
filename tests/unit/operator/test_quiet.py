"""What a pipeline costs that does not change: no request to the API server."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from tracedpipeline import observe, reasons
from tracedpipeline.flink.jobs import Jobs
from tracedpipeline.kafka.access import KafkaClusters
from tracedpipeline.kubernetes_api.client import Cluster
from tracedpipeline.observed import LastTrace
from tracedpipeline.operating import keep_watching
from tracedpipeline.queue import Queue
from tracedpipeline.reconcile import reconcile
from tracedpipeline.reconciler import Reconciler, connected
from tracedpipeline.settings import Settings
from tracedpipeline.verdict import Verdict
from tracedpipeline.wake import Waker

from tests.unit.operator.apiserver import listening
from tests.unit.operator.failing import DEPLOYMENTS, KEY, Kafka, Refusing

RECONCILES = 20


class Operator:
    """An operator whose watches run, and whose queue is worked off by the test."""

    def __init__(self, server: Refusing, reconciler: Reconciler, added: list[Any]) -> None:
        self.server, self.reconciler, self.added = server, reconciler, added

    async def settled(self) -> None:
        """Reconcile until nothing more is written."""
        for _ in range(RECONCILES):
            before = len(self.writes())
            await reconcile(self.reconciler, KEY)
            if len(self.writes()) == before:
                return
        raise AssertionError("each reconcile writes something")

    def writes(self) -> list[str]:
        return [path for verb, path, _, _ in self.server.requests if verb != "GET"]

    async def known(self, path: str) -> None:
        """Wait until the memory shows what the API server has at a path."""
        kind, name = ("Deployment" if path.startswith(DEPLOYMENTS) else "TracedPipeline"), path.rsplit("/", 1)[-1]
        async with asyncio.timeout(10):
            while True:
                found, there = self.reconciler.cluster.memory.get(kind, "shop", name), self.server.objects.get(path)
                if (found or {}).get("status") == (there or {}).get("status"):
                    return
                await asyncio.sleep(0.01)


@pytest.fixture
async def operator(settings: Settings) -> AsyncIterator[Operator]:
    added: list[Any] = []

    async def note(key: Any) -> None:
        added.append(key)

    server, kafka, queue = Refusing(), Kafka(), Queue(note)
    async with listening(server) as api, aiohttp.ClientSession() as session:
        memory = Waker(queue).memory
        cluster = Cluster(api, memory)
        reconciler = connected(cluster, KafkaClusters(cluster, kafka), session, settings, Jobs(cluster, session))
        watching = asyncio.create_task(keep_watching(api, memory, ()))
        async with asyncio.timeout(10):
            while not added:
                await asyncio.sleep(0.01)
        yield Operator(server, reconciler, added)
        watching.cancel()
        await asyncio.wait([watching])
        await queue.stop()


async def requests_of(operator: Operator) -> list[tuple[str, str]]:
    operator.server.requests.clear()
    for _ in range(RECONCILES):
        await reconcile(operator.reconciler, KEY)
    return [(verb, path) for verb, path, query, _ in operator.server.requests if "watch" not in query]


async def test_a_pipeline_that_never_becomes_ready_makes_no_request(operator: Operator) -> None:
    await operator.settled()
    assert operator.server.ready["reason"] == reasons.PROGRESSING
    assert await requests_of(operator) == []


async def test_a_ready_pipeline_makes_no_request(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = itertools.count(100, 50)

    async def flowing(*_: object) -> tuple[Verdict, LastTrace]:
        return Verdict(True, reasons.FLOWING, "a trace was found"), LastTrace("ab" * 16, 0, next(lengths))

    monkeypatch.setattr(observe, "find_traces", flowing)
    await operator.settled()
    for path, o in [*operator.server.objects.items()]:
        if path.startswith(DEPLOYMENTS):
            wanted = o["spec"]["replicas"]
            status = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas"), wanted)
            operator.server._write(path, o | {"status": status})
            await operator.known(path)
    await operator.settled()
    assert operator.server.ready["reason"] == reasons.ALL_AVAILABLE
    assert await requests_of(operator) == []


async def test_a_restart_writes_nothing(operator: Operator, settings: Settings) -> None:
    await operator.settled()
    server = operator.server
    async with listening(server) as api, aiohttp.ClientSession() as session:
        cluster = Cluster(api)
        again = connected(cluster, KafkaClusters(cluster, Kafka()), session, settings, Jobs(cluster, session))
        server.requests.clear()
        await reconcile(again, KEY)
        assert operator.writes() == []


async def test_a_child_that_is_deleted_is_made_again(operator: Operator) -> None:
    await operator.settled()
    path = f"{DEPLOYMENTS}/orders-producer"
    operator.added.clear()
    operator.server._tell("DELETED", path, operator.server.objects.pop(path))
    async with asyncio.timeout(10):
        while KEY not in operator.added:
            await asyncio.sleep(0.01)
    await reconcile(operator.reconciler, KEY)
    assert path in operator.server.objects
