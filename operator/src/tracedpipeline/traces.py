"""Spans as Jaeger returns them, and whether they make one connected trace. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tracedpipeline import naming, reasons
from tracedpipeline.observed import LastTrace, Verdict


@dataclass(frozen=True)
class Span:
    """A span of one service; times are Unix nanoseconds."""

    trace_id: str
    span_id: str
    parent_id: str
    service: str
    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Journey:
    """One message's way: send, queue and process, each the parent of the next."""

    send: Span
    queue: Span
    process: Span

    @property
    def last_trace(self) -> LastTrace:
        """The journey as the status tells it."""
        milliseconds = (self.process.end - self.send.start) / 1e6
        return LastTrace(self.send.trace_id, self.send.start, milliseconds)


def spans(document: Mapping[str, Any]) -> list[Span]:
    """Return the spans of an OTLP/JSON document (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding)."""
    found = []
    for resource in document.get("resourceSpans", ()):
        service = _service(resource.get("resource", {}))
        for scope in resource.get("scopeSpans", ()):
            found += [_span(service, span) for span in scope.get("spans", ())]
    return found


def _service(resource: Mapping[str, Any]) -> str:
    for attribute in resource.get("attributes", ()):
        if attribute.get("key") == "service.name":
            return str(attribute.get("value", {}).get("stringValue", ""))
    return ""


def _span(service: str, span: Mapping[str, Any]) -> Span:
    return Span(
        trace_id=span["traceId"],
        span_id=span["spanId"],
        parent_id=span.get("parentSpanId", ""),
        service=service,
        name=span["name"],
        start=int(span["startTimeUnixNano"]),
        end=int(span["endTimeUnixNano"]),
    )


def journeys(pipeline: str, found: Iterable[Span]) -> list[Journey]:
    """Return the connected journeys of this pipeline's messages, the newest first."""
    by_id: dict[tuple[str, str], Span] = {(span.trace_id, span.span_id): span for span in found}
    complete = [
        Journey(send, queue, process)
        for process in by_id.values()
        if _is(process, pipeline, naming.CONSUMER, "process")
        and (queue := by_id.get((process.trace_id, process.parent_id)))
        and queue.service == naming.queue_service(pipeline)
        and (send := by_id.get((queue.trace_id, queue.parent_id)))
        and _is(send, pipeline, naming.PRODUCER, "send")
    ]
    return sorted(complete, key=lambda journey: journey.send.start, reverse=True)


def _is(span: Span, pipeline: str, which: str, operation: str) -> bool:
    return span.service == naming.component(pipeline, which) and span.name.startswith(f"{operation} ")


def judge(pipeline: str, consumed: list[Span], produced: list[Span]) -> tuple[Verdict, LastTrace | None]:
    """Return whether traces flow; where not, the reason names the broken hop.

    `consumed` are the spans of recent traces that the consumer is in, `produced` of those that the producer is in.
    """
    if connected := journeys(pipeline, [*consumed, *produced]):
        trace = connected[0].last_trace
        return Verdict(True, reasons.FLOWING, "a connected trace was read back from Jaeger"), trace
    producer = naming.component(pipeline, naming.PRODUCER)
    consumer = naming.component(pipeline, naming.CONSUMER)
    if not any(span.service == producer for span in produced):
        message = f"Jaeger has no recent span of {producer}: look at the producer's log and the Collector's"
        return Verdict(False, reasons.NO_PRODUCER_SPANS, message), None
    if not any(span.service == consumer for span in consumed):
        message = f"Jaeger has spans of {producer}, but no recent one of {consumer}: look at the consumer's log and lag"
        return Verdict(False, reasons.NO_CONSUMER_SPANS, message), None
    message = (
        f"{producer} and {consumer} send spans, but no recent trace goes send, queue, process: "
        "does something between them drop the traceparent header?"
    )
    return Verdict(False, reasons.TRACES_NOT_CONNECTED, message), None


def by_trace(found: Iterable[Span]) -> dict[str, list[Span]]:
    """Return the spans of each trace in the order of their start."""
    traces: dict[str, list[Span]] = defaultdict(list)
    for span in sorted(found, key=lambda span: span.start):
        traces[span.trace_id].append(span)
    return traces
