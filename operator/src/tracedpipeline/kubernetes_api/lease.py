"""Which operator writes: the one that holds the Lease, and keeps it."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from kubernetes.aio import client
from kubernetes.aio.dynamic import DynamicClient

from tracedpipeline import metrics
from tracedpipeline.kubernetes_api import errors, lease_document
from tracedpipeline.kubernetes_api.errors import ApiServerError, ConflictError, MissingError, SilentError
from tracedpipeline.kubernetes_api.kinds import LEASE
from tracedpipeline.kubernetes_api.memory import Memory
from tracedpipeline.limits import spread

log = logging.getLogger(__name__)

Object = dict[str, Any]

# How often the holder writes it, and the others look at it.
RENEW_SECONDS = 5.0
LOOK_SECONDS = 2.0
# After so long without an answer the holder writes nothing any more. What it has written by then has been answered, or
# has run into its own timeout, before anybody else may hold the Lease.
STOP_SECONDS = 15.0
REQUEST_SECONDS = 5.0


class Lease:
    """The Lease of an operator, from now on until it is released.

    `took` is called when the operator may write, `lost` when it may no longer. All durations are those of this
    process's own clock: no other clock has to be right.
    """

    def __init__(self, api: client.ApiClient, memory: Memory, where: tuple[str, str], identity: str) -> None:
        self.identity = identity
        self._memory = memory
        self._namespace, self._name = where
        self._client = DynamicClient(api)  # type: ignore[no-untyped-call]  # the client has no types
        # As it was last seen, and since when it has been so.
        self._live: Object | None = None
        self._since: float | None = None
        # Until when the holder may write; whether it has been told that it may.
        self._until = -math.inf
        self._told = False

    def may_write(self) -> bool:
        """Return whether the operator holds it, and will for long enough."""
        return _now() < self._until

    def described(self) -> str:
        """Return who writes."""
        if self.may_write():
            return f"held: {self.identity} writes"
        other = lease_document.holder(self._live or {})
        return f"standing by: {other} writes" if other and other != self.identity else "standing by: nobody writes"

    async def keep(self, took: Callable[[], None], lost: Callable[[], Awaitable[None]]) -> None:
        """Take the Lease when nobody holds it, and keep it, for ever."""
        while True:
            await self._tell(took, lost)
            await self._look()
            await self._tell(took, lost)
            if self.may_write():
                await asyncio.sleep(min(spread(RENEW_SECONDS), self._until - _now()))
            else:
                await asyncio.sleep(spread(LOOK_SECONDS))

    async def _tell(self, took: Callable[[], None], lost: Callable[[], Awaitable[None]]) -> None:
        held = self.may_write()
        if held == self._told:
            return
        self._told = held
        metrics.LEASE_HELD.set(held)
        log.info("Lease %s/%s %s", self._namespace, self._name, self.described())
        if held:
            took()
        else:
            await lost()

    async def _look(self) -> None:
        """Do the next step; what goes wrong is tried again."""
        try:
            async with asyncio.timeout(
                min(REQUEST_SECONDS, self._until - _now()) if self.may_write() else REQUEST_SECONDS
            ):
                await self._take_or_wait()
        except TimeoutError:
            log.warning("Lease %s/%s: the API server does not answer in time", self._namespace, self._name)
        except ApiServerError as error:
            if not isinstance(error, SilentError):
                self._hear()
            log.warning("Lease %s/%s: %s", self._namespace, self._name, error)

    async def _take_or_wait(self) -> None:
        sent = _now()
        if not self.may_write() or self._live is None:
            await self._read()
        if not self._is_free():
            return
        try:
            await self._write(sent)
        except (ConflictError, MissingError):
            # Somebody else has written it, or deleted it; or we have, and the answer was lost.
            await self._read()
            if not self._is_free():
                self._until = -math.inf
                return
            await self._write(sent)

    def _is_free(self) -> bool:
        """Return whether it is ours, nobody's, or has not changed for longer than it is held.

        Whoever holds one that was deleted makes it again: meanwhile it is still held.
        """
        if self._live is None and (self._since is None or self.may_write()):
            return True
        if self._live and lease_document.holder(self._live) in ("", self.identity):
            return True
        return self._since is not None and _now() - self._since > lease_document.duration(self._live or {})

    async def _read(self) -> None:
        try:
            found: Object | None = await self._request("get", self._name)
        except MissingError:
            found = None
        if _version(found) != _version(self._live):
            self._since = _now()
        self._live = found

    async def _write(self, sent: float) -> None:
        known = self._live or lease_document.new(self._namespace, self._name)
        wanted = lease_document.taken(known, self.identity, datetime.now(UTC))
        self._live = await self._put(wanted)
        self._since, self._until = sent, sent + STOP_SECONDS

    async def _put(self, wanted: Object) -> Object:
        """Write it where it is still the one that was seen, so that of two only one succeeds."""
        if _version(wanted):
            return await self._request("put", self._name, wanted)
        return await self._request("post", None, wanted)

    async def release(self) -> None:
        """Leave the Lease to whoever wants it, so that nobody has to wait until it ends."""
        if not self.may_write() or self._live is None:
            return
        self._until = -math.inf
        metrics.LEASE_HELD.set(False)
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                await self._put(lease_document.released(self._live, datetime.now(UTC)))
        except (TimeoutError, ApiServerError) as error:
            log.warning("Lease %s/%s was not released: %s", self._namespace, self._name, error)

    async def _request(self, method: str, name: str | None, body: Object | None = None) -> Object:
        path = LEASE.path(self._namespace, name)
        metrics.API_REQUESTS.labels("lease").inc()
        try:
            response = await self._client.request(
                method, path, body=body, serialize=False, _request_timeout=REQUEST_SECONDS
            )
            answer: Object = await response.json()
        except errors.ERRORS as error:
            raise errors.translated(f"{method} {path}", error) from error
        self._hear()
        return answer

    def _hear(self) -> None:
        self._memory.heard[LEASE.name, self._namespace] = _now()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _version(lease: Object | None) -> Any:
    return lease["metadata"].get("resourceVersion") if lease else None
