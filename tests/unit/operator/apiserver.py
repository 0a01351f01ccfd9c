"""An API server, as far as the operator asks it. Server-side apply's own semantics are tests/e2e's, on a real one."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio import client
from tracedpipeline.kubernetes_api.client import Cluster


class ApiServer:
    """Keeps what is applied; answers 409 where the test says so."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        self.conflicts: set[str] = set()
        self.flink = False
        self.forbidden = ""

    async def handle(self, request: web.Request) -> web.Response:
        path, content = request.path, await request.json() if request.can_read_body else None
        self.requests.append((request.method, path, dict(request.query), content))
        return getattr(self, f"do_{request.method.lower()}")(request, path, content)  # type: ignore[no-any-return]  # by name

    def do_get(self, request: web.Request, path: str, _: Any) -> web.Response:
        if path == self.forbidden:
            return web.json_response({"message": "kafkas is forbidden"}, status=403)
        if path.count("/") == 7 or (path.startswith("/api/v1/") and path.count("/") == 6):
            return self._one(path)
        if path.startswith("/apis/flink.apache.org/") and not self.flink:
            return web.json_response({"reason": "NotFound"}, status=404)
        return web.json_response({"items": [o for key, o in self.objects.items() if key.startswith(f"{path}/")]})

    def _one(self, path: str) -> web.Response:
        if path not in self.objects:
            return web.json_response({"reason": "NotFound"}, status=404)
        return web.json_response(self.objects[path])

    def do_patch(self, request: web.Request, path: str, content: Any) -> web.Response:
        if path in self.conflicts and "force" not in request.query:
            return web.json_response({"message": "conflict with kubectl"}, status=409)
        content = content | {"metadata": content["metadata"] | {"uid": f"uid of {path}"}}
        # As in a real list, items come without their kind.
        self.objects[path] = {key: value for key, value in content.items() if key not in ("kind", "apiVersion")}
        return web.json_response(content)

    def do_delete(self, request: web.Request, path: str, _: Any) -> web.Response:
        return web.json_response(self.objects.pop(path))

    def do_post(self, request: web.Request, path: str, content: Any) -> web.Response:
        if name := content["metadata"].get("name"):
            if f"{path}/{name}" in self.objects:
                return web.json_response({"message": "already exists"}, status=409)
            self.objects[f"{path}/{name}"] = content
        return web.json_response(content)

    def sent(self, method: str) -> list[str]:
        return [path for verb, path, _, _ in self.requests if verb == method]


@pytest.fixture
async def server() -> AsyncIterator[tuple[ApiServer, Cluster]]:
    answers = ApiServer()
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", answers.handle)
    async with TestServer(application) as listening:
        configuration = client.Configuration(host=str(listening.make_url("")).rstrip("/"))
        async with client.ApiClient(configuration) as api:
            yield answers, Cluster(api)
