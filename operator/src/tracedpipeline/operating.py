"""What runs while the operator does: the watches, the queue, and what a reconcile is connected to."""

import asyncio
import secrets
import socket
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
from tracedpipeline.kubernetes_api.lease import Lease
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
    """Watch and, while the Lease is held, reconcile; yields what that is judged by."""

    async def work(key: Key) -> float | None:
        if not may_write():
            return settings.resync_seconds
        return await measured(reconcile(reconciler, key))

    queue = Queue[Key](work)
    memory = Waker(queue).memory
    lease = Lease(api, memory, settings.lease, settings.pod or _a_process()) if settings.lease else None
    may_write = lease.may_write if lease else lambda: True
    reached = Cluster(api, memory, may_write)
    async with open_session() as session:
        kafka_clusters, jobs = KafkaClusters(reached, topics), Jobs(reached, session)
        reconciler = connected(reached, kafka_clusters, session, settings, jobs)
        tasks = [asyncio.create_task(keep_watching(api, memory, settings.namespaces))]
        if lease:
            tasks.append(asyncio.create_task(lease.keep(lambda: _wake_all(queue, memory), queue.stop)))
        try:
            yield Health(queue, memory, lease)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await queue.stop()
            if lease:
                await lease.release()


def _wake_all(queue: Queue[Key], memory: Memory) -> None:
    """Look at every pipeline: another operator may have stopped in the middle of it."""
    for pipeline in memory.all(PIPELINE.name):
        queue.add(Key(pipeline["metadata"]["namespace"], pipeline["metadata"]["name"]))


def _a_process() -> str:
    """Return a name that no other process has; that of a pod would let a container that is restarted go on at once."""
    return f"{socket.gethostname()}_{secrets.token_hex(4)}"


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
