"""`tracedpipeline find`: the reader, then the trace store, then the answer."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp

from tracedpipeline import naming
from tracedpipeline.find import local_reader, pod, pod_reader, report
from tracedpipeline.find.answer import Evidence
from tracedpipeline.find.facts import Facts
from tracedpipeline.find.question import Question
from tracedpipeline.find.reader import ReaderError
from tracedpipeline.jaeger.client import Jaeger, JaegerError
from tracedpipeline.jaeger.traces import Span
from tracedpipeline.kubernetes_api import client
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.untrusted.bounded_http import open_session

Tell = Callable[[str], None]
Read = Callable[[Mapping[str, Any]], Awaitable[Facts]]


async def here(name: str, asked: Question, variables: Mapping[str, str], url: str, tell: Tell) -> tuple[str, bool]:
    """Return the answer by a reader of this machine, and whether the message was found."""
    async with open_session() as session:
        return await _answer(
            Jaeger(session, url, name),
            asked,
            lambda request: local_reader.read(request, variables, tell),
            tell,
        )


async def in_cluster(key: Key, asked: Question, url: str | None, tell: Tell) -> tuple[str, bool]:
    """Return the answer by a pod of the pipeline, and whether the message was found."""
    async with await client.connect() as api, await _session(api, url) as session:
        cluster = Cluster(api)
        engine, deployment = await _consumer(cluster, key)

        async def read(request: Mapping[str, Any]) -> Facts:
            wanted = pod.reader(key.name, engine, deployment, request)
            return await pod_reader.PodReader(api, key.namespace, tell).read(wanted)

        jaeger = Jaeger(session, url or _proxied(api.configuration.host, key), key.name)
        return await _answer(jaeger, asked, read, tell, checkpoints=engine == "Flink")


async def _session(api: Any, url: str | None) -> aiohttp.ClientSession:
    return open_session() if url else await pod_reader.proxy(api)


def _proxied(host: str, key: Key) -> str:
    service = f"{naming.component(key.name, naming.JAEGER)}:{naming.JAEGER_QUERY_PORT}"
    return f"{host}/api/v1/namespaces/{key.namespace}/services/{service}/proxy"


async def _consumer(cluster: Cluster, key: Key) -> tuple[str, Mapping[str, Any]]:
    """Return the consumer's engine and Deployment; raises ReaderError where one of them is missing."""
    found = await cluster.pipeline(key)
    if found is None:
        raise ReaderError(f"there is no TracedPipeline {key.name} in namespace {key.namespace}")
    engine = found["spec"].get("consumer", {}).get("engine", "Python")
    names = pod.deployments(key.name, engine)
    for name in names:
        if deployment := await cluster.find("Deployment", key.namespace, name):
            return engine, deployment
    raise ReaderError(f"there is no Deployment {names[0]} in namespace {key.namespace}: is the pipeline reconciled?")


async def _answer(
    jaeger: Jaeger, asked: Question, read: Read, tell: Tell, *, checkpoints: bool = False
) -> tuple[str, bool]:
    place = await _named(jaeger, asked, tell)
    facts = await read(asked.request(place))
    if place and not facts.records and not facts.letters:
        tell(f"no record at {place[0]}/{place[1]}, which the trace names: looking at all of them")
        facts = await read(asked.request())
    ids = {each.trace_id for each in facts.records if each.trace_id} | ({asked.trace} if asked.trace else set())
    spans = await _spans(jaeger, sorted(ids), tell)
    evidence = Evidence(jaeger.pipeline, facts, spans, checkpoints)
    return "\n".join(report.lines(evidence, asked)), report.found(evidence, asked)


async def _named(jaeger: Jaeger, asked: Question, tell: Tell) -> tuple[int, int] | None:
    """Return the place that the spans of a trace name, which saves a scan."""
    if not asked.trace:
        return None
    ours = {naming.component(jaeger.pipeline, each) for each in naming.KAFKA_CLIENTS}
    found = await _spans(jaeger, [asked.trace], tell)
    return next((each.place for each in found or () if each.place and each.service in ours), None)


async def _spans(jaeger: Jaeger, ids: list[str], tell: Tell) -> list[Span] | None:
    """Return the spans of these traces, None where the trace store does not answer."""
    try:
        return [span for each in ids for span in await jaeger.trace(each)]
    except JaegerError as error:
        tell(f"without the trace store: {error}")
        return None
