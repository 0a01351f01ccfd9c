"""Kopf's part: the process from its start to its end, and its health. What wakes a reconcile: `wake`, ADR 16."""

import asyncio
import threading
from typing import Any

import kopf
from kopf._core.engines.peering import Identity  # not among the public names
from kubernetes.aio import client

from tracedpipeline import naming
from tracedpipeline.flink.jobs import Jobs
from tracedpipeline.health import Health, UnhealthyError, measured
from tracedpipeline.kafka.access import KafkaClusters
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.kubernetes_api.client import Cluster, connect
from tracedpipeline.kubernetes_api.kinds import PIPELINE, WATCHED
from tracedpipeline.kubernetes_api.memory import EVERYWHERE, Memory
from tracedpipeline.kubernetes_api.watch import Watch
from tracedpipeline.queue import Queue
from tracedpipeline.reconcile import reconcile
from tracedpipeline.reconciler import connected
from tracedpipeline.settings import Settings
from tracedpipeline.untrusted.bounded_http import open_session
from tracedpipeline.wake import Waker


@kopf.on.startup()
async def start(memo: kopf.Memo, settings: kopf.OperatorSettings, **_: Any) -> None:
    """Connect to what a reconcile touches, and watch what wakes one."""
    configure(settings)
    memo.api = await connect()
    memo.session = open_session()
    memo.queue = Queue(lambda key: measured(reconcile(reconciler, key)))
    memory = Waker(memo.queue).memory
    memo.health = Health(memo.queue, memory)
    port = memo.settings.metrics_port
    memo.metrics = await memo.health.serve(port) if port else None
    reached = Cluster(memo.api, memory)
    kafka_clusters, jobs = KafkaClusters(reached, Topics()), Jobs(reached, memo.session)
    reconciler = connected(reached, kafka_clusters, memo.session, memo.settings, jobs)
    memo.watching = asyncio.create_task(keep_watching(memo.api, memory, memo.settings.namespaces))


@kopf.on.cleanup()
async def stop(memo: kopf.Memo, **_: Any) -> None:
    """End what runs, then what it used."""
    memo.watching.cancel()
    await asyncio.wait([memo.watching])
    await memo.queue.stop()
    if memo.metrics:
        await memo.metrics.cleanup()
    await memo.session.close()
    await memo.api.close()


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


@kopf.on.probe(id="secondsSinceReconcile")
async def seconds_since_reconcile(memo: kopf.Memo, **_: Any) -> float | None:
    """Return the age of the last completed reconcile, for the health endpoint."""
    last = memo.queue.last_completed
    return None if last is None else round(asyncio.get_running_loop().time() - last, 1)


@kopf.on.probe(id="alive")
async def alive(memo: kopf.Memo, **_: Any) -> bool:
    """Return True; the health endpoint fails where only a new process helps."""
    try:
        memo.health.check()
    except UnhealthyError as error:
        # Of other errors kopf would try the probe again, later.
        raise kopf.PermanentError(str(error)) from None
    return True


def configure(settings: kopf.OperatorSettings) -> None:
    """Set what kopf does: no events of its own, no peering, timeouts everywhere."""
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.networking.connect_timeout = 10
    settings.networking.request_timeout = 60


async def run(settings: Settings, liveness: str, stop_flag: threading.Event | None = None) -> None:
    """Run the operator until a signal or the flag stops it; `liveness` is the URL of kopf's health endpoint."""
    await kopf.operator(
        # Kopf would ask for the user's name, which a container's user does not have.
        identity=Identity(naming.FIELD_MANAGER),
        memo=kopf.Memo(settings=settings),
        standalone=True,
        clusterwide=not settings.namespaces,
        namespaces=settings.namespaces,
        liveness_endpoint=liveness,
        stop_flag=stop_flag,
    )
