"""Kopf's handlers, run by kopf against a mock of the API server; the reconcile itself is only recorded."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import kmock as k
import kopf
import pytest
from kubernetes.aio import client
from tracedpipeline import api, handlers
from tracedpipeline.kubernetes_api.client import Key
from tracedpipeline.kubernetes_api.kinds import WATCHED
from tracedpipeline.settings import Settings

from tests.unit.operator.conftest import body

PIPELINES = f"{api.GROUP}/{api.VERSION}/{api.PLURAL}"

RESOURCES = {
    PIPELINES: api.KIND,
    **{f"{kind.api_version}/{kind.plural}": kind.name for kind in WATCHED},
    "v1/events": "Event",
    "v1/namespaces": "Namespace",
    "apiextensions.k8s.io/v1/customresourcedefinitions": "CustomResourceDefinition",
}
CLUSTER_WIDE = {"Namespace", "CustomResourceDefinition"}


class Recorder:
    def __init__(self) -> None:
        self.keys: list[Key] = []

    async def __call__(self, _: object, key: Key) -> float:
        self.keys.append(key)
        return 3600.0


@pytest.fixture
def reconciled(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    async def connect() -> client.ApiClient:
        return client.ApiClient()

    recorder = Recorder()
    monkeypatch.setattr(handlers, "reconcile", recorder)
    monkeypatch.setattr(handlers, "connect", connect)
    return recorder


@pytest.fixture
async def server(
    kmock: k.KubernetesEmulator, settings: Settings, reconciled: Recorder
) -> AsyncIterator[k.KubernetesEmulator]:
    """The mock, with an operator that watches it."""
    for resource, kind in RESOURCES.items():
        kmock.resources[resource] = k.ResourceInfo(
            kind=kind, namespaced=kind not in CLUSTER_WIDE, verbs={"get", "list", "watch", "patch"}
        )

    async def login(**_: Any) -> kopf.ConnectionInfo:
        return kopf.ConnectionInfo(server=str(kmock.url))

    registry = kopf.get_default_registry()
    kopf.on.login(registry=registry)(login)
    # In a loop of its own: at its end kopf cancels every task of the loop that it does not know.
    stop = threading.Event()
    run = handlers.run(settings, liveness="http://127.0.0.1:0/healthz", stop_flag=stop)
    operator = threading.Thread(target=asyncio.run, args=[run])
    operator.start()
    yield kmock
    stop.set()
    await asyncio.to_thread(operator.join, 10)
    assert not operator.is_alive()


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not look():
            await asyncio.sleep(0.01)


async def send(server: k.KubernetesEmulator, method: str, path: str, content: Any = None) -> None:
    async with aiohttp.ClientSession() as session, session.request(method, f"{server.url}{path}", json=content) as done:
        assert done.status < 300, await done.text()


CHILD = {
    "metadata": {
        "name": "orders-jaeger",
        "namespace": "shop",
        "labels": {"app.kubernetes.io/managed-by": "tracedpipeline-operator", "app.kubernetes.io/instance": "orders"},
    }
}
ORDERS = Key("shop", "orders")


async def test_what_wakes_a_reconcile(server: k.KubernetesEmulator, reconciled: Recorder) -> None:
    pipelines = f"/apis/{api.API_VERSION}/namespaces/shop/{api.PLURAL}"
    deployments = "/apis/apps/v1/namespaces/shop/deployments"

    await send(server, "POST", pipelines, body())
    await until(lambda: reconciled.keys == [ORDERS])

    # Our own write of the status is no news, a new generation is.
    await send(server, "PATCH", f"{pipelines}/orders", {"status": {"observedGeneration": 2}})
    await send(server, "PATCH", f"{pipelines}/orders", {"metadata": {"generation": 3}})
    await until(lambda: reconciled.keys == [ORDERS] * 2)

    await send(server, "POST", deployments, CHILD)
    await until(lambda: reconciled.keys == [ORDERS] * 3)
    await send(server, "DELETE", f"{deployments}/orders-jaeger")
    await until(lambda: reconciled.keys == [ORDERS] * 4)

    other = body("other")
    await send(server, "POST", pipelines, other)
    await until(lambda: reconciled.keys[4:] == [Key("shop", "other")])
    # When one goes, those that it may have stood in the way of are looked at again.
    await send(server, "DELETE", f"{pipelines}/other")
    await until(lambda: ORDERS in reconciled.keys[5:])

    assert not server[k.method.PATCH][k.resource("v1/events")]
    kopf_wrote = [request for request in server[k.method.PATCH] if "kopf" in str(request.data)]
    assert kopf_wrote == []
