"""`tracedpipeline page`: the page of a pipeline in a cluster, through the API server's proxy."""

import asyncio
import time
import webbrowser
from collections.abc import Callable, Mapping
from typing import Any

from tracedpipeline import loopback, naming, reasons
from tracedpipeline.jaeger import lookup
from tracedpipeline.jaeger.client import Jaeger, JaegerError
from tracedpipeline.jaeger.traces import Span
from tracedpipeline.kubernetes_api import client, proxy
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.kubernetes_api.errors import ApiServerError
from tracedpipeline.page import build, offsets
from tracedpipeline.page.document import Page, Trace
from tracedpipeline.page.server import PageServer
from tracedpipeline.verdict import Verdict

_STATES = {"True": True, "False": False}

Tell = Callable[[str], None]


class MissingPipelineError(Exception):
    """There is no such pipeline in the cluster."""


class Looking:
    """Looks at a pipeline's status and traces; traces of rare latencies stay, and messages a second are of a minute."""

    def __init__(self, cluster: Cluster, key: Key, jaeger: Jaeger) -> None:
        self._cluster = cluster
        self._key = key
        self._jaeger = jaeger
        self._traces: tuple[Trace, ...] = ()
        self._counted: list[Span] = []

    async def look(self) -> Page:
        """Return the page; the verdict is the status's, or what keeps us from reading it."""
        verdict, topic = await self._verdict()
        spans, problem = await self._spans()
        at = time.time() * 1000
        page = build.build(self._key.name, problem or verdict, spans, at, earlier=self._traces, topic=topic)
        self._traces, self._counted = page.traces, offsets.fresh([*self._counted, *spans], at)
        return build.with_rates(page, self._counted)

    async def first(self) -> None:
        """Raise MissingPipelineError or ApiServerError where there is nothing to look at."""
        if await self._cluster.pipeline(self._key) is None:
            raise MissingPipelineError(
                f"there is no TracedPipeline {self._key.name} in namespace {self._key.namespace}"
            )

    async def _verdict(self) -> tuple[Verdict, str]:
        try:
            found = await self._cluster.pipeline(self._key)
        except ApiServerError as error:
            return Verdict(None, "ApiServerUnreachable", str(error)), ""
        if found is None:
            return Verdict(False, "Deleted", f"TracedPipeline {self._key.name} is gone"), ""
        return verdict_of(found), found.get("spec", {}).get("kafka", {}).get("topic", {}).get("name", "")

    async def _spans(self) -> tuple[list[Span], Verdict | None]:
        try:
            return await lookup.messages(self._jaeger), None
        except JaegerError as error:
            return [], Verdict(False, reasons.JAEGER_UNREACHABLE, str(error))


def verdict_of(pipeline: Mapping[str, Any]) -> Verdict:
    """Return what the status says of traces."""
    for condition in pipeline.get("status", {}).get("conditions", ()):
        if condition.get("type") == "TracesFlowing":
            return Verdict(_STATES.get(condition.get("status")), condition["reason"], condition["message"])
    return Verdict(None, reasons.WAITING_FOR_SPANS, "the status does not speak of traces yet: does the operator run?")


async def serve(key: Key, port: int, tell: Tell, *, browser: bool) -> None:
    """Serve the page until the task is cancelled."""
    async with await client.connect() as api, await proxy.session(api) as session:
        url = proxy.address(
            api.configuration.host, key, naming.component(key.name, naming.JAEGER), naming.JAEGER_QUERY_PORT
        )
        looking = Looking(Cluster(api), key, Jaeger(session, url, key.name))
        await looking.first()
        application = loopback.application()
        PageServer(looking.look).add_to(application)
        async with loopback.serving(application, loopback.listen(port)) as address:
            tell(f"page: {address}/; Ctrl-C ends it")
            if browser:
                await asyncio.to_thread(webbrowser.open, f"{address}/")
            await asyncio.Event().wait()
