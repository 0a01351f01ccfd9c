"""Reads recent traces back through Jaeger's query API (`/api/v3/traces`, OTLP/JSON)."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import aiohttp

from tracedpipeline import naming, reasons, traces
from tracedpipeline.api import TracedPipeline
from tracedpipeline.observed import LastTrace, Verdict

TIMEOUT = aiohttp.ClientTimeout(total=5)
TRACES = 20
# No shorter than a restart takes, and long enough for ten traces at the rate that the spec asks for.
SHORTEST_WINDOW_SECONDS = 60.0
TRACES_IN_WINDOW = 10


class JaegerError(Exception):
    """Jaeger did not answer, or not with traces; a retry may help."""


def open_session() -> aiohttp.ClientSession:
    """Return a session that looks the address up and connects anew each time.

    A Service that is made again has another address, and what answers at the old one is not Jaeger.
    """
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(use_dns_cache=False, force_close=True))


async def spans_of(session: aiohttp.ClientSession, url: str, service: str, window: timedelta) -> list[traces.Span]:
    """Return the spans of the newest traces that the service is in, within the window; raises JaegerError."""
    now = datetime.now(UTC)
    query = {
        "query.service_name": service,
        "query.start_time_min": (now - window).isoformat(),
        "query.start_time_max": (now + timedelta(minutes=1)).isoformat(),
        # Jaeger before 2.14 knows the first name, later ones the second.
        "query.num_traces": str(TRACES),
        "query.search_depth": str(TRACES),
    }
    try:
        async with session.get(f"{url}/api/v3/traces", params=query, timeout=TIMEOUT) as response:
            document = await response.json(content_type=None)
            # No trace is a 404 with an error of Jaeger's own; a 404 of anything else in between is a fault.
            if response.status == HTTPStatus.NOT_FOUND and document["error"]["httpCode"] == HTTPStatus.NOT_FOUND:
                return []
            response.raise_for_status()
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
        raise JaegerError(f"{url} does not answer: {str(error) or type(error).__name__}") from error
    return traces.spans(document.get("result", {}))


def window_of(pipeline: TracedPipeline) -> timedelta:
    """Return how far back a trace counts as recent."""
    producer = pipeline.spec.producer
    expected = producer.rate_per_second * producer.replicas * pipeline.spec.tracing.sampling_ratio
    return timedelta(seconds=max(SHORTEST_WINDOW_SECONDS, TRACES_IN_WINDOW / expected))


async def probe(session: aiohttp.ClientSession, pipeline: TracedPipeline, url: str) -> tuple[Verdict, LastTrace | None]:
    """Return whether traces flow, and the newest connected one."""
    if pipeline.spec.tracing.sampling_ratio == 0:
        return Verdict(None, reasons.SAMPLING_OFF, "tracing.samplingRatio is 0: there are no traces to read back"), None
    window = window_of(pipeline)
    try:
        consumed = await spans_of(session, url, naming.component(pipeline.name, naming.CONSUMER), window)
        produced = await spans_of(session, url, naming.component(pipeline.name, naming.PRODUCER), window)
    except JaegerError as error:
        return Verdict(False, reasons.JAEGER_UNREACHABLE, str(error)), None
    return traces.judge(pipeline.name, consumed, produced)
