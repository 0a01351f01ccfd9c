"""The reader's pod, played by an API server that knows pods and what it passes on to a Service."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio import client
from tracedpipeline.find import pod_reader
from tracedpipeline.find.pod_reader import PodReader
from tracedpipeline.find.reader import ReaderError
from tracedpipeline.jaeger.client import Jaeger
from tracedpipeline.kubernetes_api import proxy
from tracedpipeline.kubernetes_api.errors import ApiServerError, NotAllowedError

WANTED = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"generateName": "orders-find-"},
    "spec": {"activeDeadlineSeconds": 9},
}
PODS = "/api/v1/namespaces/shop/pods"
WAITING = {"phase": "Pending", "containerStatuses": []}


def line(**ours: Any) -> bytes:
    return json.dumps({"tracedpipeline.find": ours}).encode() + b"\n"


class FakePods:
    """One pod: its statuses one after the other, then its log in pieces."""

    def __init__(self, *log: bytes, statuses: tuple[dict[str, Any], ...] = ({"phase": "Running"},)) -> None:
        self.log, self.statuses = log, list(statuses)
        self.created: list[Any] = []
        self.deleted: list[str] = []
        self.tokens: list[str | None] = []
        self.queries: list[dict[str, str]] = []
        self.refuse = 0

    async def create(self, request: web.Request) -> web.Response:
        if self.refuse:
            body = {"kind": "Status", "code": self.refuse, "message": "pods is forbidden", "reason": "Forbidden"}
            return web.json_response(body, status=self.refuse)
        self.created.append(await request.json())
        return web.json_response(self._pod())

    async def get(self, _: web.Request) -> web.Response:
        return web.json_response(self._pod())

    def _pod(self) -> dict[str, Any]:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "orders-find-1"},
            "spec": {"containers": []},
            "status": status,
        }

    async def logs(self, request: web.Request) -> web.StreamResponse:
        self.queries.append(dict(request.query))
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in self.log:
            await response.write(piece)
        return response

    async def delete(self, request: web.Request) -> web.Response:
        self.queries.append(dict(request.query))
        self.deleted.append(request.match_info["name"])
        return web.json_response(self._pod())

    async def traces(self, request: web.Request) -> web.Response:
        self.tokens.append(request.headers.get("Authorization"))
        return web.json_response({"result": {"resourceSpans": []}})


@asynccontextmanager
async def serving(pods: FakePods) -> AsyncIterator[client.ApiClient]:
    application = web.Application()
    application.router.add_post(PODS, pods.create)
    application.router.add_get(f"{PODS}/{{name}}", pods.get)
    application.router.add_get(f"{PODS}/{{name}}/log", pods.logs)
    application.router.add_delete(f"{PODS}/{{name}}", pods.delete)
    application.router.add_get("/api/v1/namespaces/shop/services/{service}/proxy/api/v3/traces/{id}", pods.traces)
    async with TestServer(application) as server:
        configuration = client.Configuration(host=str(server.make_url("")).rstrip("/"))
        configuration.api_key["BearerToken"] = "Bearer secret"
        async with client.ApiClient(configuration) as api:
            yield api


async def run(pods: FakePods, told: list[str]) -> Any:
    async with serving(pods) as api:
        return await PodReader(api, "shop", told.append).run("find", WANTED)


async def test_its_log_is_read_as_it_comes_and_it_is_deleted() -> None:
    whole = line(progress={"records": 7, "bytes": 0}) + line(facts={"now": 1})
    pods, told = (
        FakePods(whole[:10], whole[10:50], whole[50:], statuses=(WAITING, WAITING, {"phase": "Running"})),
        list[str](),
    )
    assert await run(pods, told) == {"now": 1}
    assert told == ["7 records read, 0.0 MiB"]
    assert pods.created == [WANTED] and pods.deleted == ["orders-find-1"]
    assert pods.queries == [{"follow": "true"}, {"gracePeriodSeconds": "1"}]


async def test_its_error_is_told_and_it_is_deleted() -> None:
    pods = FakePods(line(error="topic orders: Unknown topic"))
    with pytest.raises(ReaderError, match="Unknown topic"):
        await run(pods, [])
    assert pods.deleted == ["orders-find-1"]


async def test_an_image_that_cannot_be_pulled_is_named_at_once() -> None:
    waiting = {"name": "find", "image": "i", "imageID": "", "ready": False, "restartCount": 0,
               "state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}  # fmt: skip
    pods = FakePods(statuses=({"phase": "Pending", "containerStatuses": [waiting]},))
    with pytest.raises(ReaderError, match="orders-find-1 does not start: ErrImagePull: no such image"):
        await run(pods, [])
    assert pods.deleted == ["orders-find-1"]


async def test_an_image_without_the_reader_says_what_its_log_says() -> None:
    pods = FakePods(b"/app/.venv/bin/python: No module named traced_common.finding\n")
    with pytest.raises(ReaderError, match="No module named"):
        await run(pods, [])


async def test_an_answer_without_an_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pod_reader, "MOST_BYTES", 1000)
    pods = FakePods(b"x" * 5000)
    with pytest.raises(ReaderError, match="too long"):
        await run(pods, [])
    assert pods.deleted == ["orders-find-1"]


async def test_who_may_not_create_pods_is_told_so() -> None:
    pods = FakePods()
    pods.refuse = 403
    with pytest.raises((NotAllowedError, ApiServerError), match="pods is forbidden"):
        await run(pods, [])
    assert pods.deleted == []


async def test_jaeger_is_reached_through_the_api_server_with_its_token() -> None:
    pods = FakePods()
    async with serving(pods) as api, await proxy.session(api) as session:
        url = f"{api.configuration.host}/api/v1/namespaces/shop/services/orders-jaeger:16686/proxy"
        assert await Jaeger(session, url, "orders").trace("a" * 32) == []
    assert pods.tokens == ["Bearer secret"]
