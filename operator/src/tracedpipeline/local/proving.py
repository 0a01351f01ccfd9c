"""Whether traces flow: the operator's own probe, looked at more often."""

import asyncio
import time
from collections.abc import Callable

import aiohttp

from tracedpipeline import reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.jaeger import client, lookup, search, waterfall
from tracedpipeline.local.errors import LocalError
from tracedpipeline.untrusted.bounded_http import open_session
from tracedpipeline.verdict import Verdict

SECONDS_BETWEEN = 0.5
_SECONDS_LATER = 5.0
PATIENCE_SECONDS = 60.0
# Programs start and send their first spans, five seconds' worth at a time.
_SECONDS_TO_ARRIVE = 12.0

Tell = Callable[[str], None]


class Proof:
    """Looks at the traces of one run; what an earlier one left proves nothing."""

    def __init__(
        self, pipeline: TracedPipeline, url: str, tell: Tell, seen: Callable[[Verdict], None] = lambda _: None
    ) -> None:
        self._pipeline = pipeline
        self._url = url
        self._tell = tell
        self._seen = seen
        self._began = time.monotonic_ns()
        self._quiet_until = time.monotonic() + _SECONDS_TO_ARRIVE
        self._told: Verdict | None = None
        self.trace_id = ""

    async def first(self, patience: float = PATIENCE_SECONDS) -> str:
        """Return the first connected trace as a waterfall; LocalError says why there is none in this time."""
        deadline = time.monotonic() + patience
        async with open_session() as session:
            while not (verdict := await self._look(session)).ok:
                if verdict.reason in reasons.NO_TRACES or time.monotonic() >= deadline:
                    waited = "" if verdict.reason in reasons.NO_TRACES else f" after {patience:.0f} s"
                    raise LocalError(f"TracesFlowing is not True{waited}: {verdict.reason}: {verdict.message}")
                await asyncio.sleep(SECONDS_BETWEEN)
            found, last = await lookup.newest(client.Jaeger(session, self._url, self._pipeline.name), self._tell)
        self.trace_id = last.trace_id
        return waterfall.draw(found, last.end_to_end_milliseconds)

    async def watch(self) -> None:
        """Report each change of the verdict, for ever."""
        async with open_session() as session:
            while True:
                await self._look(session)
                await asyncio.sleep(_SECONDS_LATER)

    async def _look(self, session: aiohttp.ClientSession) -> Verdict:
        verdict, last = await search.find_traces(session, self._pipeline, self._url)
        if last and last.sent_nanoseconds < self._began_at():
            verdict = Verdict(None, reasons.WAITING_FOR_SPANS, "the newest connected trace is of an earlier run")
        waits = not verdict.ok and verdict.reason not in reasons.NO_TRACES
        if waits and time.monotonic() < self._quiet_until:
            return verdict
        self._seen(verdict)
        if verdict != self._told:
            self._told = verdict
            status = "Unknown" if verdict.ok is None else verdict.ok
            self._tell(f"TracesFlowing={status} {verdict.reason}: {verdict.message}")
        return verdict

    def _began_at(self) -> int:
        """Return when the run began, by the clock as it is now: it may have been set meanwhile."""
        return time.time_ns() - (time.monotonic_ns() - self._began)
