"""Runs the reader as a pod beside the consumer's: with its image, credentials and variables; that one need not run."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import aiohttp
from kubernetes.aio import client

from tracedpipeline.find import pod
from tracedpipeline.find.reader import MOST_BYTES, Printed, ReaderError
from tracedpipeline.kubernetes_api import errors
from tracedpipeline.untrusted.documents import Document
from tracedpipeline.untrusted.quoting import one_line

_SECONDS_TO_START = 60
_PAUSE_SECONDS = 0.3
_FATAL = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError")


class PodReader:
    """Runs one pod for one request, and deletes it."""

    def __init__(self, api: client.ApiClient, namespace: str, tell: Callable[[str], None]) -> None:
        self._core: Any = client.CoreV1Api(api)  # its types know no _preload_content
        self._namespace = namespace
        self._tell = tell

    async def run(self, program: str, wanted: Mapping[str, Any]) -> Document:
        """Return what the program found; raises ReaderError, or ApiServerError where the API server refuses."""
        printed = Printed(program)
        try:
            name = (await self._core.create_namespaced_pod(self._namespace, wanted)).metadata.name
            try:
                await self._started(name)
                seconds = wanted["spec"]["activeDeadlineSeconds"]
                async for line in self._lines(name, seconds):
                    if progress := printed.take(line):
                        self._tell(progress)
            finally:
                await asyncio.shield(self._core.delete_namespaced_pod(name, self._namespace, grace_period_seconds=1))
        except errors.ERRORS as error:
            raise errors.translated(f"pod in namespace {self._namespace}", error) from error
        return printed.end()

    async def _started(self, name: str) -> None:
        end = time.monotonic() + _SECONDS_TO_START
        while True:
            found = await self._core.read_namespaced_pod(name, self._namespace)
            if found.status.phase in ("Running", "Succeeded", "Failed"):
                return
            why = pod.problem(self._core.api_client.sanitize_for_serialization(found))
            if why.startswith(_FATAL) or time.monotonic() >= end:
                raise ReaderError(f"pod {name} does not start: {one_line(why) or 'no reason is known'}")
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _lines(self, name: str, seconds: float) -> AsyncIterator[str]:
        """Yield the log's lines; more than so many bytes in one line are no answer."""
        response = await self._core.read_namespaced_pod_log(
            name, self._namespace, follow=True, _preload_content=False, _request_timeout=seconds
        )
        if response.status != 200:
            raise ReaderError(f"the log of pod {name} could not be read: status {response.status}")
        rest = b""
        async for chunk in response.content.iter_any():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield line.decode(errors="replace")
            if len(rest) > MOST_BYTES:
                raise ReaderError("the reader's answer is too long")
        if rest:
            yield rest.decode(errors="replace")


async def proxy(api: client.ApiClient) -> aiohttp.ClientSession:
    """Return a session for what the API server passes on, such as Jaeger's answers."""
    headers: dict[str, str] = {}
    await api.update_params_for_auth(headers, [], ["BearerToken"], "", "GET", None)
    connector = aiohttp.TCPConnector(ssl=api.rest_client.ssl_context, force_close=True)
    return aiohttp.ClientSession(
        connector=connector, headers=headers, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
    )
