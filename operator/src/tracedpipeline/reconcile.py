"""One pipeline, from what is wanted to what is so: the whole story."""

from typing import Any

from tracedpipeline import failure, naming, reasons
from tracedpipeline.api import InvalidSpecError, TracedPipeline
from tracedpipeline.decide import decide
from tracedpipeline.kubernetes_api.client import Key
from tracedpipeline.kubernetes_api.ownership import ObjectNotOwnedError, PreviousDrainingError
from tracedpipeline.observed import Observed
from tracedpipeline.preconditions import refusal
from tracedpipeline.reconciler import Reconciler
from tracedpipeline.state import Applied
from tracedpipeline.status import readiness
from tracedpipeline.status.build import kafka_record, status_details
from tracedpipeline.verdict import Verdict

# While something is awaited: events wake us for pods, but nothing does for Kafka and Jaeger.
WAITING_SECONDS = 1.0

# Errors that are no failures: why a resource is not acted upon.
REFUSALS: dict[type[Exception], str] = {
    InvalidSpecError: reasons.INVALID_SPEC,
    ObjectNotOwnedError: reasons.OBJECT_NOT_OWNED,
    PreviousDrainingError: reasons.PREVIOUS_DRAINING,
}


class PartlyFailedError(ExceptionGroup[Exception]):
    """Errors that the status tells of already, beside all that was seen."""


async def reconcile(reconciler: Reconciler, key: Key) -> float | None:
    """Bring a pipeline to what its resource says; returns the seconds until the next look, None when it is gone.

    Whatever goes wrong is told in the status, and raised, so that it is tried again after a while.
    """
    body = await reconciler.cluster.pipeline(key)
    if body is None or "deletionTimestamp" in body["metadata"]:
        reconciler.forget(key)
        return None
    try:
        return await _unless_refused(reconciler, body)
    except PartlyFailedError:
        raise
    except Exception as error:
        await reconciler.reporter.report_failure(body, error)
        raise


async def _unless_refused(reconciler: Reconciler, body: dict[str, Any]) -> float:
    try:
        return await _reconcile(reconciler, body)
    except tuple(REFUSALS) as error:
        await reconciler.reporter.report(body, readiness.refused(Verdict(False, REFUSALS[type(error)], str(error))))
        return WAITING_SECONDS if isinstance(error, PreviousDrainingError) else reconciler.settings.resync_seconds


async def _reconcile(reconciler: Reconciler, body: dict[str, Any]) -> float:
    observer, applier, settings = reconciler.observer, reconciler.applier, reconciler.settings
    pipeline = TracedPipeline.parse(body)
    pipeline, others = await observer.other_pipelines(pipeline)
    if refused := refusal(pipeline, others):
        await reconciler.reporter.report(body, readiness.refused(refused), kafka_record(pipeline))
        return settings.resync_seconds
    state = await applier.prepare(pipeline, await observer.state(pipeline))
    plan = decide(pipeline, state, settings)
    applied = await applier.apply(pipeline, state, plan)
    try:
        seen = await observer.health(pipeline, applied)
    except Exception as error:
        raise ExceptionGroup("not looked at", [*applied.errors, error]) from error
    await _report(reconciler, body, pipeline, applied, seen)
    resting = seen.traces and (seen.traces.ok or seen.traces.reason in reasons.NO_TRACES)
    return settings.probe_interval_seconds if resting else WAITING_SECONDS


async def _report(
    reconciler: Reconciler, body: dict[str, Any], pipeline: TracedPipeline, applied: Applied, seen: Observed
) -> None:
    """Report what was seen; raises what went wrong before, which the status then tells of."""
    verdicts = readiness.conditions(seen) | readiness.contested(applied.contested)
    verdicts |= readiness.deletion_unsafe(applied.held)
    details = status_details(pipeline, seen.components[naming.CONSUMER].ready, seen.last_trace)
    details |= kafka_record(pipeline, applied.kafka, applied.cluster_id)
    if not applied.errors:
        await reconciler.reporter.report(body, verdicts, details)
        return
    failed = PartlyFailedError("not done", applied.errors)
    await reconciler.reporter.report(body, verdicts | {readiness.READY: failure.verdict(failed)}, details)
    raise failed
