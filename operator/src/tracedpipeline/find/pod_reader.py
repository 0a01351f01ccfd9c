"""Runs the reader as a pod beside the consumer's: with its image, credentials and variables; that one need not run."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from kubernetes.aio import client
from kubernetes.aio.dynamic import DynamicClient

from tracedpipeline.find import pod
from tracedpipeline.find.reader import MOST_BYTES, Printed, ReaderError
from tracedpipeline.kubernetes_api import errors
from tracedpipeline.kubernetes_api.kinds import POD
from tracedpipeline.untrusted.documents import Document
from tracedpipeline.untrusted.quoting import one_line

_SECONDS_TO_START = 60
_PAUSE_SECONDS = 0.3
_SECONDS_TO_ANSWER = 15
_AT_ONCE = ("gracePeriodSeconds", "1")
_FATAL = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError")


class PodReader:
    """Runs one pod for one request, and deletes it."""

    def __init__(self, api: client.ApiClient, namespace: str, tell: Callable[[str], None]) -> None:
        self._client: Any = DynamicClient(api)  # type: ignore[no-untyped-call]  # the client has no types
        self._path = POD.path(namespace)
        self._tell = tell

    async def run(self, program: str, wanted: Mapping[str, Any]) -> Document:
        """Return what the program found; raises ReaderError, or ApiServerError where the API server refuses."""
        printed = Printed(program)
        try:
            made = await (await self._ask("post", self._path, body=wanted)).json()
            name = made["metadata"]["name"]
            try:
                await self._started(name)
                async for line in self._lines(name, wanted["spec"]["activeDeadlineSeconds"]):
                    if progress := printed.take(line):
                        self._tell(progress)
            finally:
                await asyncio.shield(self._ask("delete", f"{self._path}/{name}", query_params=[_AT_ONCE]))
        except errors.ERRORS as error:
            raise errors.translated(f"{program}: {self._path}", error) from error
        return printed.end()

    async def _ask(self, method: str, path: str, seconds: float = _SECONDS_TO_ANSWER, **options: Any) -> Any:
        return await self._client.request(method, path, serialize=False, _request_timeout=seconds, **options)

    async def _started(self, name: str) -> None:
        end = time.monotonic() + _SECONDS_TO_START
        while True:
            found = await (await self._ask("get", f"{self._path}/{name}")).json()
            if found["status"].get("phase") in ("Running", "Succeeded", "Failed"):
                return
            why = pod.problem(found)
            if why.startswith(_FATAL) or time.monotonic() >= end:
                raise ReaderError(f"pod {name} does not start: {one_line(why) or 'no reason is known'}")
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _lines(self, name: str, seconds: float) -> AsyncIterator[str]:
        """Yield the log's lines; more than so many bytes in one line are no answer."""
        response = await self._ask("get", f"{self._path}/{name}/log", seconds, query_params=[("follow", "true")])
        rest = b""
        async for chunk in response.content.iter_any():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield line.decode(errors="replace")
            if len(rest) > MOST_BYTES:
                raise ReaderError("the reader's answer is too long")
        if rest:
            yield rest.decode(errors="replace")
