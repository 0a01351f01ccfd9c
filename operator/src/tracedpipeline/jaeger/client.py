"""Reads recent traces back through Jaeger's query API (`/api/v3/traces`, OTLP/JSON)."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Self, TypeVar

import aiohttp

from tracedpipeline import naming, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.api.quantities import milliseconds
from tracedpipeline.jaeger import proof, traces
from tracedpipeline.untrusted import bounded_http, documents
from tracedpipeline.untrusted.bounded_http import Limits, NoAnswerError
from tracedpipeline.untrusted.documents import Document, DocumentError
from tracedpipeline.verdict import Verdict

Read = TypeVar("Read")

# Twenty traces of fifty spans are about 1 MiB.
LIMITS = Limits(4 * 2**20, seconds=5)
TRACES = 20
# No shorter than a restart takes, and long enough for ten traces at the rate that the spec asks for.
SHORTEST_WINDOW_SECONDS = 60.0
LONGEST_WINDOW_SECONDS = 7 * 86400.0
TRACES_IN_WINDOW = 10
# A span is in Jaeger after its client's batch and the Collector's, and after what is tried again of both.
ARRIVAL_TIME = timedelta(seconds=30)
# Spans are dated by their own node's clock.
CLOCKS_AHEAD = timedelta(minutes=10)


class JaegerError(Exception):
    """Jaeger did not answer, or not with traces; a retry may help."""


@dataclass(frozen=True)
class Window:
    """When spans that are looked for began."""

    since: datetime
    until: datetime

    @classmethod
    def newest(cls, length: timedelta, now: datetime) -> Self:
        """Return the one that ends now, by whichever clock."""
        return cls(now - length, now + CLOCKS_AHEAD)

    def earlier(self, by: timedelta, now: datetime) -> "Window":
        """Return the one that ended a while ago."""
        return Window(self.since - by, now - by)


@dataclass(frozen=True)
class Jaeger:
    """Jaeger's query API, asked about one pipeline."""

    session: aiohttp.ClientSession
    url: str
    pipeline: str

    async def messages(self, topic: str, window: Window) -> list[traces.Span]:
        """Return the spans of the newest traces with a message's send span, and of those with its process span.

        Both: which of a trace's spans come last depends on whose batch is sent last, and on the consumer's lag. By
        their operation: traces of something else that a client does, such as commits, would crowd out the messages'.
        """
        produced, consumed = await asyncio.gather(self.sent(topic, window), self._processed(topic, window))
        return [*produced, *consumed]

    async def topics(self) -> list[str]:
        """Return the topics whose messages Jaeger knows, for those who do not have the pipeline's spec."""
        found = set()
        for component, operation in ((naming.PRODUCER, traces.SEND), (naming.CONSUMER, traces.PROCESS)):
            service = naming.component(self.pipeline, component)
            names = await self._ask("/api/v3/operations", {"service": service}, _names)
            found |= {name.removeprefix(f"{operation} ") for name in names if name.startswith(f"{operation} ")}
        return sorted(found)

    async def trace(self, trace_id: str) -> list[traces.Span]:
        """Return the spans of one trace."""
        return await self._ask(f"/api/v3/traces/{trace_id}", {"raw_traces": "true"}, _spans)

    async def sent(self, topic: str, window: Window, most: int = TRACES) -> list[traces.Span]:
        """Return the spans of the newest traces in which the producer sends a message."""
        service = naming.component(self.pipeline, naming.PRODUCER)
        return await self._spans(service, f"{traces.SEND} {topic}", window, most)

    async def _processed(self, topic: str, window: Window) -> list[traces.Span]:
        service = naming.component(self.pipeline, naming.CONSUMER)
        return await self._spans(service, f"{traces.PROCESS} {topic}", window, TRACES)

    async def _spans(self, service: str, operation: str, window: Window, most: int) -> list[traces.Span]:
        query = {
            "query.service_name": service,
            "query.operation_name": operation,
            "query.start_time_min": window.since.isoformat(),
            "query.start_time_max": window.until.isoformat(),
            # Jaeger before 2.14 knows the first name, later ones the second.
            "query.num_traces": str(most),
            "query.search_depth": str(most),
            # As they are stored: Jaeger writes the warnings of its adjustments into its memory, again with each read.
            "query.raw_traces": "true",
        }
        return await self._ask("/api/v3/traces", query, _spans)

    async def _ask(self, path: str, query: Mapping[str, str], read: Callable[[Document], list[Read]]) -> list[Read]:
        """Return what is read in the answer, nothing where Jaeger has found nothing; raises JaegerError."""
        try:
            status, document = await bounded_http.ask_for_document(
                self.session, "get", f"{self.url}{path}", LIMITS, params=query
            )
            return read(document) if _found(status, document) else []
        except NoAnswerError as error:
            raise JaegerError(f"{self.url} {error}") from error
        except DocumentError as error:
            raise JaegerError(f"{self.url} answers, but not as Jaeger does: {error}") from error


def _found(status: int, document: Document) -> bool:
    # No trace is a 404 with an error of Jaeger's own; a 404 of anything else in between is a fault.
    error = documents.mapping(document, "error")
    if status == HTTPStatus.NOT_FOUND and error.get("httpCode") == HTTPStatus.NOT_FOUND:
        return False
    if status != HTTPStatus.OK:
        raise DocumentError(f"status {status}")
    return True


def _spans(document: Document) -> list[traces.Span]:
    return traces.spans(documents.mapping(document, "result"))


def _names(document: Document) -> list[str]:
    return [documents.text(operation, "name") for operation in documents.mappings(document, "operations")]


def window_of(pipeline: TracedPipeline) -> timedelta:
    """Return how far back a trace counts as recent."""
    expected = _messages_a_second(pipeline) * pipeline.spec.tracing.sampling_ratio
    seconds = TRACES_IN_WINDOW / expected if expected else LONGEST_WINDOW_SECONDS
    return timedelta(seconds=min(max(SHORTEST_WINDOW_SECONDS, seconds), LONGEST_WINDOW_SECONDS))


def _messages_a_second(pipeline: TracedPipeline) -> float:
    """Return what the slower end does at best."""
    producer, consumer = pipeline.spec.producer, pipeline.spec.consumer
    produced = producer.rate_per_second * producer.replicas
    each = milliseconds(consumer.processing_time) / 1000
    return min(produced, consumer.replicas / each) if each else produced


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
    complete = await jaeger.messages(topic, window.earlier(ARRIVAL_TIME, now))
    waiting = traces.awaiting_parent(pipeline.name, [*newest, *complete])
    overdue = [span for span in waiting if span.start <= (now - ARRIVAL_TIME).timestamp() * 1e9]
    kept = bool(overdue) and await _keeps_older(jaeger, topic, proof.latest(overdue))
    return proof.second_finding(pipeline.name, newest, complete, overdue, kept=kept)


async def _keeps_older(jaeger: Jaeger, topic: str, span: traces.Span) -> bool:
    """Return whether Jaeger, which forgets the oldest first, has messages that were sent before this one."""
    sent = datetime.fromtimestamp(span.start / 1e9, UTC) - ARRIVAL_TIME
    return bool(await jaeger.sent(topic, Window(sent - timedelta(seconds=LONGEST_WINDOW_SECONDS), sent), most=1))
