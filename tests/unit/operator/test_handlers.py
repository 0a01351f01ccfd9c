"""Kopf's handlers, run by kopf against the fake API server; the reconcile itself is only recorded."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import kopf
import pytest
from kubernetes.aio import client
from tracedpipeline import api, handlers, operating
from tracedpipeline.kubernetes_api.client import Key
from tracedpipeline.local.ports import free_port
from tracedpipeline.settings import Settings

from tests.unit.operator.apiserver import ApiServer, listening
from tests.unit.operator.conftest import body


class Recorder:
    def __init__(self) -> None:
        self.keys: list[Key] = []

    async def __call__(self, _: object, key: Key) -> float:
        self.keys.append(key)
        return 3600.0


@pytest.fixture
def reconciled(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(operating, "reconcile", recorder)
    return recorder


@pytest.fixture
async def server(settings: Settings, reconciled: Recorder, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ApiServer]:
    """An API server with an operator that watches it."""
    answers = ApiServer()

    async def connect() -> client.ApiClient:
        return client.ApiClient(client.Configuration(host=answers.url))

    monkeypatch.setattr(handlers, "connect", connect)

    async def login(**_: Any) -> kopf.ConnectionInfo:
        return kopf.ConnectionInfo(server=answers.url)

    registry = kopf.get_default_registry()
    kopf.on.login(registry=registry)(login)
    # In a loop of its own: at its end kopf cancels every task of the loop that it does not know.
    stop = threading.Event()
    run = handlers.run(settings, liveness=f"http://127.0.0.1:{free_port()}/healthz", stop_flag=stop)
    operator = threading.Thread(target=asyncio.run, args=[run])
    async with listening(answers):
        operator.start()
        yield answers
        stop.set()
        await asyncio.to_thread(operator.join, 10)
    assert not operator.is_alive()


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not look():
            await asyncio.sleep(0.01)


async def send(server: ApiServer, method: str, path: str, content: Any = None) -> None:
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


async def test_what_wakes_a_reconcile(server: ApiServer, reconciled: Recorder) -> None:
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

    assert not any(path.endswith("/events") for path in server.sent("POST"))
    kopf_wrote = [content for verb, _, _, content in server.requests if verb == "PATCH" and "kopf" in str(content)]
    assert kopf_wrote == []
