"""Keeps the memory up to date: one list, then a watch from there on, which goes on where it was cut."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from kubernetes.aio import client
from kubernetes.aio.dynamic import DynamicClient

from tracedpipeline import failure, metrics
from tracedpipeline.kubernetes_api import errors
from tracedpipeline.kubernetes_api.errors import ApiServerError, BusyError, MissingError, SilentError
from tracedpipeline.kubernetes_api.kinds import Kind
from tracedpipeline.kubernetes_api.memory import EVERYWHERE, Memory
from tracedpipeline.limits import spread

log = logging.getLogger(__name__)

LIST_SECONDS = 60
# The API server ends a watch after the first; one whose connection is dead ends with the second.
WATCH_SECONDS = 45
SILENT_SECONDS = 55
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
STEADY_SECONDS = 1.0
# A kind that the cluster does not know now may be installed later.
UNKNOWN_PAUSE_SECONDS = 60.0


class OutdatedError(Exception):
    """The watch cannot go on from where it was; only a new list tells what happened since."""


@dataclass
class Watch:
    """The watch of one kind in one namespace, or in all of them."""

    api: client.ApiClient
    memory: Memory
    kind: Kind
    namespace: str = EVERYWHERE
    selector: str = ""
    tried: asyncio.Event = field(default_factory=asyncio.Event)
    _version: str = ""
    _failures: int = 0
    _unknown: bool = False
    _busy: float = 0.0

    def __post_init__(self) -> None:
        self._client = DynamicClient(self.api)  # type: ignore[no-untyped-call]  # the client has no types

    async def run(self) -> None:
        """List and watch for ever; whatever goes wrong is tried again after a pause that grows."""
        self._hear()
        while True:
            self._busy = 0.0
            try:
                if not self._version:
                    await self._list()
                await self._follow()
            except Exception as error:
                self._failed(error)
            self.tried.set()
            await asyncio.sleep(self._pause())

    def _hear(self) -> None:
        self.memory.heard[self.kind.name, self.namespace] = asyncio.get_running_loop().time()

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        if not isinstance(error, SilentError):
            self._hear()  # a refusal is an answer
        # A connection that was cut is continued; one that was dead may have hidden that nothing comes through.
        if not isinstance(error, SilentError | BusyError) or isinstance(error.__cause__, TimeoutError):
            self._version = ""
        self._busy = failure.retry_after(error)
        self._unknown = isinstance(error, MissingError) and self.kind.optional
        if not isinstance(error, OutdatedError) and not self._unknown:
            log.warning("watch of %s: %s", self.kind.plural, error)

    def _pause(self) -> float:
        if self._unknown:
            return UNKNOWN_PAUSE_SECONDS
        pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures, 16), LONGEST_PAUSE_SECONDS)
        return spread(max(pause, self._busy))

    async def _list(self) -> None:
        self.memory.begin_list(self.kind.name, self.namespace)
        try:
            found = json.loads(await (await self._get(LIST_SECONDS)).read())
        except MissingError:
            # There are no objects of a kind that is not known.
            self.memory.replace(self.kind.name, self.namespace, [], known=False)
            raise
        except (SilentError, BusyError):
            raise
        except ApiServerError:
            # Whoever reads is to be told, too.
            self.memory.forget(self.kind.name, self.namespace)
            raise
        # The items of a list come without their kind.
        self.memory.replace(self.kind.name, self.namespace, map(self._whole, found["items"] or ()))
        self._version, self._unknown = found["metadata"]["resourceVersion"], False
        self._hear()
        self.tried.set()

    async def _follow(self) -> None:
        """Take what the watch tells until it ends, which it does in good order now and then."""
        began = asyncio.get_running_loop().time()
        options = {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": self._version}
        response = await self._get(SILENT_SECONDS, timeoutSeconds=WATCH_SECONDS, **options)
        self._hear()
        async for event in self._events(response):
            self._hear()
            self._take(event["type"], event["object"])
        self._hear()
        # One that ends at once is not begun again at once for ever.
        lasted = asyncio.get_running_loop().time() - began
        self._failures = 0 if lasted > STEADY_SECONDS else self._failures + 1

    def _take(self, type: str, o: dict[str, Any]) -> None:
        if type == "ERROR":
            raise OutdatedError(o.get("message", ""))
        if type != "BOOKMARK":
            self.memory.event(self.kind.name, type, self._whole(o))
        self._version = o["metadata"]["resourceVersion"]

    def _whole(self, o: dict[str, Any]) -> dict[str, Any]:
        return {**o, "apiVersion": self.kind.api_version, "kind": self.kind.name}

    async def _events(self, response: Any) -> AsyncIterator[dict[str, Any]]:
        try:
            async with response:
                async for line in response.content:
                    yield json.loads(line)
        except errors.ERRORS as error:
            raise errors.translated(f"watch {self.kind.plural}", error) from error

    async def _get(self, seconds: float, **options: Any) -> Any:
        path = self.kind.path(self.namespace)
        metrics.API_REQUESTS.labels("watch" if "watch" in options else "list").inc()
        queries = [("labelSelector", self.selector)] if self.selector else []
        try:
            return await self._client.request(
                "get", path, serialize=False, _request_timeout=seconds, query_params=[*queries, *options.items()]
            )
        except errors.ERRORS as error:
            raise errors.translated(f"get {path}", error) from error
