"""Kopf's part: the process from its start to its end, and its health. What wakes a reconcile: `wake`, ADR 16."""

import asyncio
import logging
import threading
from contextlib import AsyncExitStack
from typing import Any

import kopf
from kopf._core.engines.peering import Identity  # not among the public names

from tracedpipeline import naming
from tracedpipeline.health import UnhealthyError
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.kubernetes_api.client import connect
from tracedpipeline.operating import operating
from tracedpipeline.settings import Settings

log = logging.getLogger(__name__)


@kopf.on.startup()
async def start(memo: kopf.Memo, settings: kopf.OperatorSettings, **_: Any) -> None:
    """Connect to what a reconcile touches, and watch what wakes one."""
    configure(settings)
    if memo.settings.lease is None:
        log.warning("OPERATOR_LEASE is not set: nothing keeps another operator from writing, too")
    memo.ending = AsyncExitStack()
    api = await memo.ending.enter_async_context(await connect())
    memo.health = await memo.ending.enter_async_context(operating(api, memo.settings, Topics()))
    if port := memo.settings.metrics_port:
        memo.ending.push_async_callback((await memo.health.serve(port)).cleanup)


@kopf.on.cleanup()
async def stop(memo: kopf.Memo, **_: Any) -> None:
    """End what runs, then what it used."""
    await memo.ending.aclose()


@kopf.on.probe(id="secondsSinceReconcile")
async def seconds_since_reconcile(memo: kopf.Memo, **_: Any) -> float | None:
    """Return the age of the last completed reconcile, for the health endpoint."""
    last = memo.health.queue.last_completed
    return None if last is None else round(asyncio.get_running_loop().time() - last, 1)


@kopf.on.probe(id="lease")
async def lease(memo: kopf.Memo, **_: Any) -> str:
    """Return which operator writes; one that stands by is as healthy."""
    found = memo.health.lease
    return found.described() if found else "none: nothing keeps another operator from writing, too"


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
