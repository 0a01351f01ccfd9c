"""`tracedpipeline find`: the reader, then the trace store, then the answer; and `redrive`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp

from tracedpipeline import naming
from tracedpipeline.find import facts, local_reader, pod, pod_reader, redriven, report
from tracedpipeline.find.answer import Evidence
from tracedpipeline.find.facts import Facts
from tracedpipeline.find.question import Question
from tracedpipeline.find.reader import FIND, REDRIVE, ReaderError, unexpected
from tracedpipeline.jaeger.client import Jaeger, JaegerError
from tracedpipeline.jaeger.traces import Span
from tracedpipeline.kubernetes_api import client, proxy
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.untrusted.bounded_http import open_session
from tracedpipeline.untrusted.documents import Document, DocumentError

Tell = Callable[[str], None]
Run = Callable[[str, Mapping[str, Any]], Awaitable[Document]]
Read = Callable[[Mapping[str, Any]], Awaitable[Document]]


async def here(name: str, asked: Question, variables: Mapping[str, str], url: str, tell: Tell) -> tuple[str, bool]:
    """Return the answer by a reader of this machine, and whether the message was found."""
    async with open_session() as session:
        run = _here(variables, tell)
        return await _answer(Jaeger(session, url, name), asked, lambda request: run(FIND, request), tell)


async def in_cluster(key: Key, asked: Question, url: str | None, tell: Tell) -> tuple[str, bool]:
    """Return the answer by a pod of the pipeline, and whether the message was found."""
    async with await client.connect() as api, await _session(api, url) as session:
        engine, run = await _in_cluster(api, key, tell)
        jaeger = Jaeger(session, url or _proxied(api.configuration.host, key), key.name)
        return await _answer(jaeger, asked, lambda request: run(FIND, request), tell, checkpoints=engine == "Flink")


async def redrive_here(
    name: str, request: Mapping[str, Any], variables: Mapping[str, str], url: str, tell: Tell
) -> str:
    """Return what came of a redrive by a process of this machine; its spans go where traces are read back."""
    spans = {"OTEL_SERVICE_NAME": redriven.service(name), "OTEL_METRICS_EXPORTER": "none"}
    collector = {} if "OTEL_EXPORTER_OTLP_ENDPOINT" in variables else {"OTEL_EXPORTER_OTLP_ENDPOINT": url}
    return redriven.told(await _here({**variables, **spans, **collector}, tell)(REDRIVE, request))


async def redrive_in_cluster(key: Key, request: Mapping[str, Any], tell: Tell) -> str:
    """Return what came of a redrive by a pod of the pipeline."""
    async with await client.connect() as api:
        _, run = await _in_cluster(api, key, tell, {"OTEL_SERVICE_NAME": redriven.service(key.name)})
        return redriven.told(await run(REDRIVE, request))


def _here(variables: Mapping[str, str], tell: Tell) -> Run:
    return lambda program, request: local_reader.run(program, request, variables, tell)


async def _in_cluster(api: Any, key: Key, tell: Tell, variables: Mapping[str, str] | None = None) -> tuple[str, Run]:
    """Return the consumer's engine, and what runs a program beside it, with other values of some variables."""
    engine, deployment = await _consumer(Cluster(api), key)

    async def run(program: str, request: Mapping[str, Any]) -> Document:
        wanted = pod.reader(key.name, engine, deployment, program, request, variables)
        return await pod_reader.PodReader(api, key.namespace, tell).run(program, wanted)

    return engine, run


async def _session(api: Any, url: str | None) -> aiohttp.ClientSession:
    return open_session() if url else await proxy.session(api)


def _proxied(host: str, key: Key) -> str:
    return proxy.address(host, key, naming.component(key.name, naming.JAEGER), naming.JAEGER_QUERY_PORT)


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
    known = _facts(await read(asked.request(place)))
    if place and not known.records and not known.letters:
        tell(f"no record at {place[0]}/{place[1]}, which the trace names: looking at all of them")
        known = _facts(await read(asked.request()))
    ids = {each.trace_id for each in known.records if each.trace_id} | ({asked.trace} if asked.trace else set())
    spans = await _spans(jaeger, sorted(ids), tell)
    evidence = Evidence(jaeger.pipeline, known, spans, checkpoints)
    return "\n".join(report.lines(evidence, asked)), report.found(evidence, asked)


def _facts(document: Document) -> Facts:
    try:
        return facts.read(document)
    except DocumentError as error:
        raise unexpected(error) from error


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
