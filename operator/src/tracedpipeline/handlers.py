"""Kopf's part: what wakes a reconcile. Events only, so that kopf writes no finalizer and no annotation."""

import asyncio
import threading
from typing import Any

import kopf
from kopf._core.engines.peering import Identity  # not among the public names

from tracedpipeline import api, naming
from tracedpipeline.flink.jobs import Jobs
from tracedpipeline.kafka.access import KafkaClusters
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.kubernetes_api.client import Cluster, Key, connect
from tracedpipeline.kubernetes_api.kinds import WATCHED
from tracedpipeline.queue import Queue
from tracedpipeline.reconcile import reconcile
from tracedpipeline.reconciler import connected
from tracedpipeline.settings import Settings
from tracedpipeline.untrusted.bounded_http import open_session


@kopf.on.startup()
async def start(memo: kopf.Memo, settings: kopf.OperatorSettings, **_: Any) -> None:
    """Connect to what a reconcile touches."""
    configure(settings)
    memo.api = await connect()
    memo.session = open_session()
    memo.known = {}
    reached = Cluster(memo.api)
    kafka_clusters, jobs = KafkaClusters(reached, Topics()), Jobs(reached, memo.session)
    reconciler = connected(reached, kafka_clusters, memo.session, memo.settings, jobs)
    memo.queue = Queue(lambda key: reconcile(reconciler, key))


@kopf.on.cleanup()
async def stop(memo: kopf.Memo, **_: Any) -> None:
    """End what runs, then what it used."""
    await memo.queue.stop()
    await memo.session.close()
    await memo.api.close()


@kopf.on.event(api.GROUP, api.VERSION, api.PLURAL)
async def pipeline_changed(type: str | None, memo: kopf.Memo, meta: kopf.Meta, **_: Any) -> None:
    """Reconcile what somebody changed; our own writes of the status come back as events, but are no news."""
    key = Key(meta["namespace"], meta["name"])
    if type == "DELETED":
        memo.known.pop(key, None)
        # A pipeline that was refused because of this one may go on now.
        for other in memo.known:
            memo.queue.add(other)
        return
    news = (meta.get("uid"), meta.get("generation"), meta.get("deletionTimestamp"))
    if memo.known.get(key) != news:
        memo.known[key] = news
        memo.queue.add(key)


async def child_changed(memo: kopf.Memo, meta: kopf.Meta, **_: Any) -> None:
    """Reconcile the pipeline that the object belongs to."""
    key = Key(meta["namespace"], meta.get("labels", {}).get(naming.INSTANCE, ""))
    if key in memo.known:
        memo.queue.add(key)


for _kind in WATCHED:
    kopf.on.event(_kind.group, _kind.version, _kind.plural, labels=naming.MANAGED_BY)(child_changed)


@kopf.on.probe(id="secondsSinceReconcile")
async def seconds_since_reconcile(memo: kopf.Memo, **_: Any) -> float | None:
    """Return the age of the last completed reconcile, for the health endpoint."""
    last = memo.queue.last_completed
    return None if last is None else round(asyncio.get_running_loop().time() - last, 1)


def configure(settings: kopf.OperatorSettings) -> None:
    """Set what kopf does: no events of its own, no peering, timeouts everywhere, children filtered by the server."""
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.networking.connect_timeout = 10
    settings.networking.request_timeout = 60
    selector = ",".join(f"{key}={value}" for key, value in naming.MANAGED_BY.items())
    for kind in WATCHED:
        settings.watching.label_selectors[kind.plural] = selector


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
