"""From desired objects to live ones: what differs is written, what is no longer wanted goes, others' things stay."""

import logging
from collections.abc import Awaitable, Set

from tracedpipeline import failure, naming, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kubernetes_api import managers, ownership
from tracedpipeline.kubernetes_api.client import Cluster, Live, Object, kind_and_name
from tracedpipeline.kubernetes_api.contests import Step
from tracedpipeline.kubernetes_api.drift import Drift, drift, with_applied_hash
from tracedpipeline.kubernetes_api.errors import ApiServerError, ConflictError, SilentError
from tracedpipeline.kubernetes_api.kinds import KEPT, WORKLOADS
from tracedpipeline.kubernetes_api.ownership import ObjectNotOwnedError, PreviousDrainingError

log = logging.getLogger(__name__)


class NotWrittenError(Exception):
    """An object could not be written or deleted; its cause says whether a retry helps."""

    def __init__(self, kind: str, name: str, cause: Exception) -> None:
        words = cause.words if isinstance(cause, ApiServerError) else failure.described(cause)
        super().__init__(f"{kind} {name}: {words}")
        self.retry_helps = failure.retry_helps(cause)
        self.retry_after = failure.retry_after(cause)


class NotAppliedError(ExceptionGroup[Exception]):
    """Some objects could not be written; all others have been."""


async def write(cluster: Cluster, pipeline: TracedPipeline, desired: Object, live: Object | None) -> Object:
    """Return the live object after it was made as desired, where it was not so already."""
    wanted = with_applied_hash(desired)
    if await _is_to_be_written(cluster, pipeline, wanted, live) or live is None:
        return await _apply(cluster, pipeline, wanted, new=live is None)
    return live


async def adopt(cluster: Cluster, pipeline: TracedPipeline, desired: Object) -> Object:
    """Return the live object after it was made as desired, whoever left it."""
    log.info("%s/%s: took over %s %s", pipeline.namespace, pipeline.name, *kind_and_name(desired))
    return await cluster.apply(with_applied_hash(desired), force_conflicts=True)


async def apply(
    cluster: Cluster,
    pipeline: TracedPipeline,
    desired: list[Object],
    live: Live,
    protected: Set[tuple[str, str]] = frozenset(),
) -> int:
    """Make the live objects as desired and delete those that are no longer wanted; returns how many were written.

    What is protected, by kind and name, is neither applied nor pruned. What holds data is never deleted because the
    spec changed: it only loses its owner. An object that is refused keeps no other from being written. Raises
    PreviousDrainingError where somebody has one of the names who leaves, ObjectNotOwnedError where somebody who stays,
    else NotAppliedError with all refusals.
    """
    tried = _Tried()
    for o in desired:
        key = kind_and_name(o)
        if key in protected:
            continue
        wanted = with_applied_hash(o)
        if await _is_to_be_written(cluster, pipeline, wanted, live.get(key)):
            await tried.one(key, _apply(cluster, pipeline, wanted, new=key not in live))
    prunable = {key for key, o in live.items() if ownership.goes_with_pipeline(key[0], o)}
    unwanted = prunable - set(map(kind_and_name, desired)) - protected
    for kind, name in sorted(unwanted):
        # Pods go only when those that take their place could be written.
        if not (tried.failed and kind in WORKLOADS):
            await tried.one((kind, name), (cluster.release if kind in KEPT else cluster.delete)(live[kind, name]))
    tried.end()
    return tried.done


class _Tried:
    """Counts what was done, and keeps what failed."""

    def __init__(self) -> None:
        self.done = 0
        self.failed: list[Exception] = []

    async def one(self, key: tuple[str, str], write: Awaitable[object]) -> None:
        try:
            await write
            self.done += 1
        except SilentError:
            raise
        except (ObjectNotOwnedError, PreviousDrainingError) as error:
            self.failed.append(error)
        except Exception as error:
            self.failed.append(NotWrittenError(*key, error))

    def end(self) -> None:
        """Raise what failed, if anything did."""
        if draining := [error for error in self.failed if isinstance(error, PreviousDrainingError)]:
            raise draining[0]
        if self.failed and all(isinstance(error, ObjectNotOwnedError) for error in self.failed):
            raise ObjectNotOwnedError("; ".join(map(str, self.failed)))
        if self.failed:
            raise NotAppliedError("objects were refused", self.failed)


async def _apply(cluster: Cluster, pipeline: TracedPipeline, wanted: Object, *, new: bool) -> Object:
    if new:
        # Where no field differs there would be no conflict, and the object would be ours, to be deleted with us.
        await _refuse_others(cluster, pipeline, wanted)
    log.info("%s/%s: wrote %s %s", pipeline.namespace, pipeline.name, *kind_and_name(wanted))
    applied = await _take(cluster, pipeline, wanted)
    left = drift(wanted, applied)
    if cluster.contests.wrote(_key(pipeline), kind_and_name(wanted), left) is Step.STOP:
        await _say(cluster, pipeline, wanted, left)
    return applied


async def _take(cluster: Cluster, pipeline: TracedPipeline, wanted: Object) -> Object:
    try:
        return await cluster.apply(wanted)
    except ConflictError as conflict:
        await _refuse_others(cluster, pipeline, wanted)
        applied = await cluster.apply(wanted, force_conflicts=True)
        words = f"took fields back from another field manager: {conflict.words}"
        await cluster.event(pipeline.namespace, pipeline.name, pipeline.uid, "FieldsTakenBack", words, kind="Warning")
        return applied


async def _is_to_be_written(cluster: Cluster, pipeline: TracedPipeline, wanted: Object, live: Object | None) -> bool:
    """Return whether an object differs, and nobody keeps it so."""
    name, differs = kind_and_name(wanted), drift(wanted, live)
    if not differs:
        cluster.contests.agrees(_key(pipeline), name)
        return False
    digest = wanted["metadata"]["annotations"][naming.APPLIED_HASH]
    step = cluster.contests.differs(_key(pipeline), name, digest, differs)
    if step is Step.STOP:
        await _say(cluster, pipeline, wanted, differs)
    return step is Step.WRITE


async def _say(cluster: Cluster, pipeline: TracedPipeline, wanted: Object, differs: Drift) -> None:
    """Say, once, who keeps an object otherwise than we want it."""
    (kind, name), (path, _) = kind_and_name(wanted), differs[0]
    live = await cluster.find(kind, wanted["metadata"]["namespace"], name)
    message = f"{kind} {name}: {managers.contest(live or {}, path)}"
    cluster.contests.say(_key(pipeline), (kind, name), message)
    await cluster.event(
        pipeline.namespace, pipeline.name, pipeline.uid, reasons.FIELD_CONTESTED, message, kind="Warning"
    )


def _key(pipeline: TracedPipeline) -> tuple[str, str]:
    return pipeline.namespace, pipeline.name


async def _refuse_others(cluster: Cluster, pipeline: TracedPipeline, wanted: Object) -> None:
    """Refuse somebody else's object that has the name; ours may have lost its labels."""
    kind, name = kind_and_name(wanted)
    if live := await cluster.find(kind, wanted["metadata"]["namespace"], name):
        ownership.check(kind, live, pipeline)
