"""Looks whether traces flow, for the status."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import aiohttp

from tracedpipeline import naming, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.jaeger import proof, traces
from tracedpipeline.jaeger.client import Jaeger, JaegerError
from tracedpipeline.jaeger.window import LONGEST_WINDOW_SECONDS, Window, window_of
from tracedpipeline.verdict import Verdict

# A span is in Jaeger after its client's batch and the Collector's, and after what is tried again of both.
ARRIVAL_TIME = timedelta(seconds=30)


async def find_traces(session: aiohttp.ClientSession, pipeline: TracedPipeline, url: str) -> proof.Finding:
    """Return whether traces flow, and the newest connected one."""
    if pipeline.spec.tracing.sampling_ratio == 0:
        return Verdict(None, reasons.SAMPLING_OFF, "tracing.samplingRatio is 0: there are no traces to read back"), None
    for component, workload in ((naming.PRODUCER, pipeline.spec.producer), (naming.CONSUMER, pipeline.spec.consumer)):
        if workload.replicas == 0:
            return Verdict(None, reasons.SCALED_TO_ZERO, f"{component}.replicas is 0: there are no new traces"), None
    try:
        return await _look(Jaeger(session, url, pipeline.name), pipeline)
    except JaegerError as error:
        return Verdict(False, reasons.JAEGER_UNREACHABLE, str(error)), None


async def _look(jaeger: Jaeger, pipeline: TracedPipeline) -> proof.Finding:
    """Look at the newest traces, and where these lack spans that may come yet, at older ones."""
    topic, now = pipeline.spec.kafka.topic.name, datetime.now(UTC)
    window = Window.newest(window_of(pipeline), now)
    newest = await jaeger.messages(topic, window)
    finding = proof.finding(pipeline.name, newest)
    if finding[0].reason != reasons.WAITING_FOR_SPANS:
        return finding
    complete = await jaeger.messages(topic, window.earlier(_age(pipeline.name, newest, now), now))
    waiting = traces.awaiting_parent(pipeline.name, [*newest, *complete])
    overdue = [span for span in waiting if span.start <= (now - ARRIVAL_TIME).timestamp() * 1e9]
    kept = bool(overdue) and await _keeps_older(jaeger, topic, proof.latest(overdue))
    return proof.second_finding(pipeline.name, newest, complete, overdue, kept=kept)


def _age(pipeline: str, newest: Sequence[traces.Span], now: datetime) -> timedelta:
    """Return how old traces are all of whose spans had the time to arrive.

    Where the consumer is busy with messages that were kept because they waited long, those sent before them.
    """
    if not proof.are_kept(pipeline, newest):
        return ARRIVAL_TIME
    sent = datetime.fromtimestamp(min(span.start for span in newest if span.kept) / 1e9, UTC)
    return ARRIVAL_TIME + max(now - sent, timedelta())


async def _keeps_older(jaeger: Jaeger, topic: str, span: traces.Span) -> bool:
    """Return whether Jaeger, which forgets the oldest first, has messages that were sent before this one."""
    sent = datetime.fromtimestamp(span.start / 1e9, UTC) - ARRIVAL_TIME
    return bool(await jaeger.sent(topic, Window(sent - timedelta(seconds=LONGEST_WINDOW_SECONDS), sent), most=1))
