"""The Kafka cluster of a run: one of this machine's own, or one that is there already."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.kafka.connection import KafkaConnection, from_spec
from tracedpipeline.kafka.topics import Wanted
from tracedpipeline.local import broker, here, mock_broker
from tracedpipeline.local.children import Children
from tracedpipeline.local.errors import LocalError
from tracedpipeline.local.secret_files import Folder

Tell = Callable[[str], None]


@asynccontextmanager
async def reached(
    pipeline: TracedPipeline, kafka: str, children: Children, secrets: Folder, tell: Tell
) -> AsyncIterator[KafkaConnection]:
    """Yield the connection to Kafka, with the pipeline's topics in it."""
    async with contextlib.AsyncExitStack() as stack:
        if kafka == here.MOCK:
            tell(mock_broker.LACKS)
            address = await stack.enter_async_context(mock_broker.running(pipeline.spec.topics))
            yield KafkaConnection(address)
            return
        if kafka == here.REAL:
            pipeline = here.for_one_broker(pipeline)
            connection = KafkaConnection(await stack.enter_async_context(broker.running(children, tell)))
        else:
            connection = _existing(pipeline, kafka)
        await _ensure_topics(pipeline, connection, secrets)
        yield connection


def _existing(pipeline: TracedPipeline, kafka: str) -> KafkaConnection:
    if kafka == here.SPEC:
        return from_spec(pipeline.spec)
    if pipeline.spec.kafka.cluster:
        return KafkaConnection(kafka)
    return replace(from_spec(pipeline.spec), bootstrap_servers=kafka)


async def _ensure_topics(pipeline: TracedPipeline, connection: KafkaConnection, secrets: Folder) -> None:
    """Create the topics as the operator does; its verdict is ours."""
    verdict = await Topics().ensure(
        (pipeline.namespace, pipeline.name), connection, secrets.contents(connection.secrets), Wanted(pipeline.spec)
    )
    if not verdict.ok:
        raise LocalError(f"{verdict.reason}: {verdict.message}")
