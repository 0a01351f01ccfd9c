"""From desired objects to live ones: what differs is written, what is no longer wanted goes, others' things stay."""

import logging
from collections.abc import Set

from kubernetes.aio.dynamic.exceptions import ConflictError

from tracedpipeline.api import TracedPipeline
from tracedpipeline.cluster import KEPT, Cluster, Live, Object, has_owner, is_of, kind_and_name, summary
from tracedpipeline.differences import must_apply, stamped
from tracedpipeline.observed import left_by_previous

log = logging.getLogger(__name__)


class ObjectNotOwnedError(Exception):
    """An object of that name is there and not ours; its owner must rename or remove it."""


class PreviousDrainingError(Exception):
    """An object of that name is there that the pipeline before this one leaves; it goes by itself."""


async def write(cluster: Cluster, pipeline: TracedPipeline, desired: Object, live: Object | None) -> Object:
    """Return the live object after it was made as desired, where it was not so already."""
    wanted = stamped(desired)
    if live and not must_apply(wanted, live):
        return live
    return await _apply(cluster, pipeline, wanted, new=live is None)


async def apply(
    cluster: Cluster,
    pipeline: TracedPipeline,
    desired: list[Object],
    live: Live,
    leave: Set[tuple[str, str]] = frozenset(),
) -> int:
    """Make the live objects as desired and delete those that are no longer wanted; returns how many were written.

    What is to be left, by kind and name, stays as it is for now. What holds data is never deleted because the spec
    changed: it only loses its owner. Raises ObjectNotOwnedError where somebody else's object has one of the names, and
    PreviousDrainingError where it is one of an earlier pipeline.
    """
    written = 0
    for wanted in map(stamped, desired):
        key = kind_and_name(wanted)
        if key not in leave and must_apply(wanted, live.get(key)):
            await _apply(cluster, pipeline, wanted, new=key not in live)
            written += 1
    unwanted = {key for key in live if has_owner(live[key])} - set(map(kind_and_name, desired)) - leave
    for kind, name in unwanted:
        await (cluster.release if kind in KEPT else cluster.delete)(live[kind, name])
    return written + len(unwanted)


async def _apply(cluster: Cluster, pipeline: TracedPipeline, wanted: Object, *, new: bool) -> Object:
    if new:
        # Where no field differs there would be no conflict, and the object would be ours, to be deleted with us.
        await _refuse_others(cluster, pipeline, wanted)
    log.info("%s/%s: wrote %s %s", pipeline.namespace, pipeline.name, *kind_and_name(wanted))
    try:
        return await cluster.apply(wanted)
    except ConflictError as conflict:
        await _refuse_others(cluster, pipeline, wanted)
        words = f"took fields back from another field manager: {summary(conflict)}"
        await cluster.event(pipeline.namespace, pipeline.name, pipeline.uid, "FieldsTakenBack", words, kind="Warning")
        return await cluster.apply(wanted, force_conflicts=True)


async def _refuse_others(cluster: Cluster, pipeline: TracedPipeline, wanted: Object) -> None:
    """Refuse somebody else's object that has the name; ours may have lost its labels."""
    kind, name = kind_and_name(wanted)
    if live := await cluster.find(kind, wanted["metadata"]["namespace"], name):
        refuse(kind, name, live, pipeline)


def refuse(kind: str, name: str, live: Object, pipeline: TracedPipeline) -> None:
    """Raise ObjectNotOwnedError where the object is somebody else's, PreviousDrainingError where it goes by itself."""
    if left_by_previous(live, pipeline):
        raise PreviousDrainingError(
            f"{kind} {name} is of an earlier pipeline of this name, and goes once the pods of that one have ended"
        )
    if not is_of(kind, live, pipeline):
        raise ObjectNotOwnedError(
            f"{kind} {name} exists and does not belong to this pipeline: remove it, or give the pipeline another name"
        )
