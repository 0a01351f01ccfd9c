"""One pipeline, from what is wanted to what is so: the whole story."""

from tracedpipeline import naming, readiness, reasons, status
from tracedpipeline.api import InvalidSpecError, TracedPipeline
from tracedpipeline.applying import ObjectNotOwnedError, PreviousDrainingError
from tracedpipeline.cluster import Key
from tracedpipeline.refusal import refusal
from tracedpipeline.world import World

# While something is awaited: events wake us for pods, but nothing does for Kafka and Jaeger.
WAITING_SECONDS = 1.0


async def reconcile(world: World, key: Key) -> float | None:
    """Bring a pipeline to what its resource says; returns the seconds until the next look, None when it is gone."""
    body = await world.cluster.pipeline(key)
    if body is None or "deletionTimestamp" in body["metadata"]:
        world.forget(key)
        return None
    try:
        pipeline = TracedPipeline.parse(body)
    except InvalidSpecError as error:
        await world.report(body, readiness.refused(reasons.INVALID_SPEC, str(error)), {})
        return world.settings.resync_seconds
    if refused := refusal(pipeline, await world.others(pipeline)):
        await world.report(body, {readiness.READY: refused}, {})
        return world.settings.resync_seconds
    try:
        verdict, held = await world.bring_about(pipeline)
    except PreviousDrainingError as error:
        await world.report(body, readiness.refused(reasons.PREVIOUS_DRAINING, str(error)), {})
        return WAITING_SECONDS
    except ObjectNotOwnedError as error:
        await world.report(body, readiness.refused(reasons.OBJECT_NOT_OWNED, str(error)), {})
        return world.settings.resync_seconds
    seen = await world.observe(pipeline, verdict, held)
    details = status.details(pipeline, seen.components[naming.CONSUMER].ready, seen.last_trace)
    await world.report(body, readiness.judge(seen), details)
    resting = seen.traces and (seen.traces.ok or seen.traces.reason in reasons.NO_TRACES)
    return world.settings.probe_interval_seconds if resting else WAITING_SECONDS
