"""What runs while the operator does: the watches, the queue, and what a reconcile is connected to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kubernetes.aio import client

from tracedpipeline import naming
from tracedpipeline.flink.jobs import Jobs
from tracedpipeline.health import Health, measured
from tracedpipeline.kafka.access import KafkaClusters
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.kubernetes_api.kinds import PIPELINE, WATCHED
from tracedpipeline.kubernetes_api.memory import EVERYWHERE, Memory
from tracedpipeline.kubernetes_api.watch import Watch
from tracedpipeline.queue import Queue
from tracedpipeline.reconcile import reconcile
from tracedpipeline.reconciler import connected
from tracedpipeline.settings import Settings
from tracedpipeline.untrusted.bounded_http import open_session
from tracedpipeline.wake import Waker


@asynccontextmanager
async def operating(api: client.ApiClient, settings: Settings, topics: Topics) -> AsyncIterator[Health]:
    """Watch and reconcile meanwhile, and yield what that is judged by."""
    queue = Queue[Key](lambda key: measured(reconcile(reconciler, key)))
    memory = Waker(queue).memory
    reached = Cluster(api, memory)
    async with open_session() as session:
        kafka_clusters, jobs = KafkaClusters(reached, topics), Jobs(reached, session)
        reconciler = connected(reached, kafka_clusters, session, settings, jobs)
        watching = asyncio.create_task(keep_watching(api, memory, settings.namespaces))
        try:
            yield Health(queue, memory)
        finally:
            watching.cancel()
            await asyncio.wait([watching])
            await queue.stop()


async def keep_watching(api: client.ApiClient, memory: Memory, namespaces: tuple[str, ...]) -> None:
    """Watch for ever what a reconcile reads; pipelines come last, so that their objects are known by then."""
    everywhere = namespaces or (EVERYWHERE,)
    ours = ",".join(f"{key}={value}" for key, value in naming.MANAGED_BY.items())
    of_pipelines = [Watch(api, memory, kind, namespace, ours) for kind in WATCHED for namespace in everywhere]
    async with asyncio.TaskGroup() as group:
        for watch in of_pipelines:
            group.create_task(watch.run(), name=f"watch {watch.kind.plural}")
        for watch in of_pipelines:
            await watch.tried.wait()
        for namespace in everywhere:
            group.create_task(Watch(api, memory, PIPELINE, namespace).run(), name=f"watch {PIPELINE.plural}")
