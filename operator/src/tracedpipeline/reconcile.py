"""One pipeline, from what is wanted to what is so: the whole story."""

from collections.abc import Sequence
from typing import Any

from tracedpipeline import failure, naming, reasons
from tracedpipeline.api import InvalidSpecError, TracedPipeline
from tracedpipeline.kubernetes_api.client import Key
from tracedpipeline.kubernetes_api.ownership import ObjectNotOwnedError, PreviousDrainingError
from tracedpipeline.observed import Verdict
from tracedpipeline.preconditions import refusal
from tracedpipeline.reconciler import PartlyAppliedError, World
from tracedpipeline.status import build as status
from tracedpipeline.status import readiness

# While something is awaited: events wake us for pods, but nothing does for Kafka and Jaeger.
WAITING_SECONDS = 1.0


class PartlyFailedError(ExceptionGroup[Exception]):
    """Errors that the status tells of already, beside all that was seen."""


async def reconcile(world: World, key: Key) -> float | None:
    """Bring a pipeline to what its resource says; returns the seconds until the next look, None when it is gone.

    Whatever goes wrong is told in the status, and raised, so that it is tried again after a while.
    """
    body = await world.cluster.pipeline(key)
    if body is None or "deletionTimestamp" in body["metadata"]:
        world.forget(key)
        return None
    try:
        return await _reconcile(world, body)
    except PartlyFailedError:
        raise
    except Exception as error:
        await world.report_failure(body, error)
        raise


async def _reconcile(world: World, body: dict[str, Any]) -> float:
    try:
        pipeline = TracedPipeline.parse(body)
    except InvalidSpecError as error:
        await world.report(body, readiness.refused(reasons.INVALID_SPEC, str(error)), {})
        return world.settings.resync_seconds
    if refused := refusal(pipeline, await world.others(pipeline)):
        await world.report(body, {readiness.READY: refused}, {})
        return world.settings.resync_seconds
    try:
        kafka, held = await world.bring_about(pipeline)
    except PartlyAppliedError as partly:
        return await _look(world, body, pipeline, partly.kafka, partly.held, partly.errors)
    except PreviousDrainingError as error:
        await world.report(body, readiness.refused(reasons.PREVIOUS_DRAINING, str(error)), {})
        return WAITING_SECONDS
    except ObjectNotOwnedError as error:
        await world.report(body, readiness.refused(reasons.OBJECT_NOT_OWNED, str(error)), {})
        return world.settings.resync_seconds
    return await _look(world, body, pipeline, kafka, held)


async def _look(
    world: World,
    body: dict[str, Any],
    pipeline: TracedPipeline,
    kafka: Verdict,
    held: Verdict | None,
    errors: Sequence[Exception] = (),
) -> float:
    """Report what is to be seen; raises the errors of what came before."""
    try:
        seen = await world.observe(pipeline, kafka, held)
    except Exception as error:
        raise ExceptionGroup("not looked at", [*errors, error]) from error
    details = status.details(pipeline, seen.components[naming.CONSUMER].ready, seen.last_trace)
    verdicts = readiness.judge(seen)
    if errors:
        failed = PartlyFailedError("not done", errors)
        await world.report(body, verdicts | {readiness.READY: failure.verdict(failed)}, details)
        raise failed
    await world.report(body, verdicts, details)
    resting = seen.traces and (seen.traces.ok or seen.traces.reason in reasons.NO_TRACES)
    return world.settings.probe_interval_seconds if resting else WAITING_SECONDS
