"""Looks the newest connected trace of a pipeline up, and waits a moment for spans that are on their way."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tracedpipeline.jaeger import proof, traces
from tracedpipeline.jaeger.client import Jaeger
from tracedpipeline.jaeger.traces import Span
from tracedpipeline.jaeger.window import Window
from tracedpipeline.observed import LastTrace
from tracedpipeline.together import all_of

LOOK_BACK = timedelta(minutes=15)
PATIENCE = timedelta(seconds=15)
_PAUSE_SECONDS = 1.0


class NoTraceError(Exception):
    """No connected trace was found in time."""


async def newest(
    jaeger: Jaeger, tell: Callable[[str], None], patience: timedelta = PATIENCE
) -> tuple[list[Span], LastTrace]:
    """Return the spans of the newest connected trace, and it; raises NoTraceError, which says why there is none."""
    deadline, told = time.monotonic() + patience.total_seconds(), ""
    while True:
        found = await messages(jaeger)
        verdict, last = proof.finding(jaeger.pipeline, found)
        if last:
            return traces.by_trace(found)[last.trace_id], last
        if time.monotonic() >= deadline:
            when = f"the last {LOOK_BACK // timedelta(minutes=1)} minutes"
            raise NoTraceError(f"no connected trace of {jaeger.pipeline} in {when} at {jaeger.url}: {verdict.message}")
        if verdict.message != told:
            told = verdict.message
            tell(f"{told}; looking again for up to {patience.total_seconds():.0f} s")
        await asyncio.sleep(_PAUSE_SECONDS)


async def messages(jaeger: Jaeger) -> list[Span]:
    """Return the spans of the newest messages, of all topics."""
    window = Window.newest(LOOK_BACK, datetime.now(UTC))
    found = await all_of([jaeger.messages(topic, window) for topic in await jaeger.topics()])
    return [span for spans in found for span in spans]
