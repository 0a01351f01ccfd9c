"""What a run itself asks of the API server, and writes there."""

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
from tracedpipeline import naming
from tracedpipeline.kubernetes_api.kinds import APPLIED, PIPELINE

TOKEN: Final = "benchmark"  # noqa: S105 - nothing but this machine reaches the server
MERGE: Final = "application/merge-patch+json"
NAMESPACES: Final = "/api/v1/namespaces"
OURS: Final = ",".join(f"{key}={value}" for key, value in naming.MANAGED_BY.items())
AT_ONCE: Final = 16
# Nothing listens there, and that is known at once.
NO_KAFKA: Final = "127.0.0.1:9"

Object = dict[str, Any]


@dataclass(frozen=True)
class Api:
    """An API server."""

    session: aiohttp.ClientSession
    url: str
    kubeconfig: Path

    async def send(self, method: str, path: str, body: Any = None, **options: Any) -> Object:
        """Send a request and return the answer; a refusal is an error."""
        headers = {"Content-Type": MERGE} if method == "patch" else {}
        url = f"{self.url}{path}"
        async with self.session.request(method, url, json=body, headers=headers, ssl=False, params=options) as answer:
            if answer.status >= 400:
                raise RuntimeError(f"{method} {path}: {answer.status}: {await answer.text()}")
            found: Object = await answer.json()
            return found

    async def found(self, path: str) -> bool:
        """Return whether there is something at a path."""
        async with self.session.get(f"{self.url}{path}", ssl=False) as answer:
            return answer.status < 400

    async def pipelines(self) -> list[Object]:
        """Return all pipelines."""
        return list((await self.send("get", f"/{PIPELINE.path('')}"))["items"])

    async def owned(self, kind: str, namespace: str = "") -> list[Object]:
        """Return the objects of a kind that the operator has made."""
        found = await self.send("get", f"/{APPLIED[kind].path(namespace)}", labelSelector=OURS)
        type_meta = {"apiVersion": APPLIED[kind].api_version, "kind": kind}
        return [item | type_meta for item in found["items"]]

    async def add_namespaces(self, names: Iterable[str]) -> None:
        """Make namespaces."""
        await at_once(self.send("post", NAMESPACES, {"metadata": {"name": name}}) for name in names)

    async def add_pipelines(self, bodies: Iterable[Object]) -> None:
        """Make pipelines."""
        await at_once(self.send("post", f"/{PIPELINE.path(body['metadata']['namespace'])}", body) for body in bodies)


async def at_once(works: Iterable[Awaitable[Any]]) -> None:
    """Wait for all of them, some at a time."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(work: Awaitable[Any]) -> None:
        async with slots:
            await work

    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(one(work))
