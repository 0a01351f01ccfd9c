"""An API server, as far as operator and kopf use it. What server-side apply merges is shown by tests/e2e alone."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio import client
from tracedpipeline.kubernetes_api.client import APPLY, Cluster

from tests.unit.operator import discovery


class ApiServer:
    """Keeps what is written, and tells of it who watches; answers 409 where the test says so."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        self.url = ""
        self.conflicts: set[str] = set()
        self.flink = False
        self.forbidden = ""
        self._history: list[tuple[str, dict[str, Any]]] = []
        self._news = asyncio.Event()
        self._cuts = 0
        self._forgotten = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path, content = request.path, await request.json() if request.can_read_body else None
        self.requests.append((request.method, path, dict(request.query), content))
        if "watch" in request.query:
            return await self._watch(request)
        return getattr(self, f"do_{request.method.lower()}")(request, path, content)  # type: ignore[no-any-return]  # by name

    def do_get(self, request: web.Request, path: str, _: Any) -> web.Response:
        if path == self.forbidden:
            return web.json_response({"message": "kafkas is forbidden"}, status=403)
        if document := discovery.document(path):
            return web.json_response(document)
        if path.count("/") == 7 or (path.startswith("/api/v1/") and path.count("/") == 6):
            return web.json_response(self.objects[path]) if path in self.objects else _not_found()
        if path.startswith("/apis/flink.apache.org/") and not self.flink:
            return _not_found()
        wanted = discovery.equal_labels(request.query.get("labelSelector", ""))
        items = [o for key, o in self.objects.items() if _within(path, key) and has_labels(o, wanted)]
        return web.json_response({"metadata": {"resourceVersion": str(len(self._history))}, "items": items})

    def do_patch(self, request: web.Request, path: str, content: Any) -> web.Response:
        if path in self.conflicts and "force" not in request.query:
            return web.json_response({"message": "conflict with kubectl"}, status=409)
        if request.content_type != APPLY:
            return self._merge(path.removesuffix("/status"), content)
        written = self._write(path, content | {"metadata": content["metadata"] | {"uid": f"uid of {path}"}})
        # As in a real list, items come without their kind.
        self.objects[path] = {key: value for key, value in written.items() if key not in ("kind", "apiVersion")}
        return web.json_response(written)

    def _merge(self, path: str, content: Any) -> web.Response:
        if path not in self.objects:
            return _not_found()
        return web.json_response(self._write(path, merged(self.objects[path], content)))

    def do_delete(self, request: web.Request, path: str, _: Any) -> web.Response:
        if path not in self.objects:
            return _not_found()
        found = self.objects.pop(path)
        self._tell("DELETED", path, found)
        return web.json_response(found)

    def do_post(self, request: web.Request, path: str, content: Any) -> web.Response:
        if name := content["metadata"].get("name"):
            if f"{path}/{name}" in self.objects:
                return web.json_response({"message": "already exists"}, status=409)
            self._write(f"{path}/{name}", content)
        return web.json_response(content)

    def _write(self, path: str, content: Any) -> Any:
        kind = "MODIFIED" if path in self.objects else "ADDED"
        self.objects[path] = self._tell(kind, path, content)
        return self.objects[path]

    def _tell(self, kind: str, path: str, content: dict[str, Any]) -> Any:
        metadata = content["metadata"] | {"resourceVersion": str(len(self._history) + 1)}
        told = content | {"metadata": metadata}
        self._history.append((path, {"type": kind, "object": told}))
        self._wake()
        return told

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def cut_watches(self, *, forget: bool = False) -> None:
        """End every watch where it is; where all is forgotten, none can go on from there."""
        self._cuts += 1
        if forget:
            # A write that nobody watches, so that what was seen so far is older than all that is remembered.
            self._history.append(("", {}))
            self._forgotten = len(self._history)
        self._wake()

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        """Stream what came after a version, until whoever watches goes."""
        response = web.StreamResponse()
        await response.prepare(request)
        seen, cuts = int(request.query.get("resourceVersion", 0)), self._cuts
        until = asyncio.get_running_loop().time() + float(request.query.get("timeoutSeconds", 3600))
        if seen < self._forgotten:
            await response.write(json.dumps({"type": "ERROR", "object": {"code": 410}}).encode() + b"\n")
            return response
        while cuts == self._cuts and (left := until - asyncio.get_running_loop().time()) > 0:
            if seen == len(self._history):
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), left)
                continue
            path, event = self._history[seen]
            seen += 1
            if _within(request.path, path):
                await response.write(json.dumps(event).encode() + b"\n")
        return response

    def sent(self, method: str) -> list[str]:
        return [path for verb, path, _, _ in self.requests if verb == method]


def merged(old: Any, patch: Any) -> Any:
    """Return what a JSON merge patch (RFC 7396) makes of it."""
    if not isinstance(patch, dict):
        return patch
    old = old if isinstance(old, dict) else {}
    changed = {key: merged(old.get(key), value) for key, value in patch.items() if value is not None}
    return {key: value for key, value in old.items() if key not in patch} | changed


def has_labels(o: Any, wanted: dict[str, str]) -> bool:
    return wanted.items() <= (o["metadata"].get("labels") or {}).items()


def _within(collection: str, path: str) -> bool:
    """Return whether an object is in a collection, be it of one namespace or of all."""
    folder, plural = map(re.escape, collection.rsplit("/", 1))
    return re.fullmatch(rf"{folder}(/namespaces/[^/]+)?/{plural}/[^/]+", path) is not None


def _not_found() -> web.Response:
    return web.json_response({"reason": "NotFound"}, status=404)


@asynccontextmanager
async def listening(answers: ApiServer) -> AsyncIterator[client.ApiClient]:
    """Let it listen, and yield a client of it."""
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", answers.handle)
    async with TestServer(application) as server:
        answers.url = str(server.make_url("")).rstrip("/")
        async with client.ApiClient(client.Configuration(host=answers.url)) as api:
            yield api


@pytest.fixture
async def server() -> AsyncIterator[tuple[ApiServer, Cluster]]:
    answers = ApiServer()
    async with listening(answers) as api:
        yield answers, Cluster(api)
