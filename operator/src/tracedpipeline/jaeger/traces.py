"""Spans as Jaeger returns them, and whether they make one connected trace. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tracedpipeline import naming
from tracedpipeline.jaeger import attributes
from tracedpipeline.observed import LastTrace
from tracedpipeline.untrusted import documents
from tracedpipeline.untrusted.documents import Document, DocumentError

SEND = "send"
PROCESS = "process"
_KEPT = "kafkatrace.kept"
_PARTITION, _OFFSET = "messaging.destination.partition.id", "messaging.kafka.offset"
_DIGITS = 10
# Of twenty traces; what holds more is no answer to what was asked.
MOST_SPANS = 10_000
_FAILED = (2, "STATUS_CODE_ERROR")


@dataclass(frozen=True)
class Span:
    """A span of one service; times are Unix nanoseconds, `error` is empty unless it failed.

    `place` is the partition and the offset of its record, None where it does not name them; `attributes` are for a
    person to read; `kept` tells that its message was not sampled, so that its trace has no send span above it.
    """

    trace_id: str
    span_id: str
    parent_id: str
    service: str
    name: str
    start: int
    end: int
    place: tuple[int, int] | None = None
    error: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    kept: bool = False


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


def spans(document: Document) -> list[Span]:
    """Return the spans of an OTLP/JSON document (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).

    Raises DocumentError where it is none: a span without ids is no span of Jaeger's.
    """
    found = []
    for resource in documents.mappings(document, "resourceSpans"):
        service = _service(documents.mapping(resource, "resource"))
        for scope in documents.mappings(resource, "scopeSpans"):
            found += [_span(service, span) for span in documents.mappings(scope, "spans")]
            if len(found) > MOST_SPANS:
                raise DocumentError(f"more than {MOST_SPANS} spans")
    return found


def _service(resource: Document) -> str:
    for attribute in documents.mappings(resource, "attributes"):
        if attribute.get("key") == "service.name":
            return documents.text(documents.mapping(attribute, "value"), "stringValue", "")
    return ""


def _span(service: str, span: Document) -> Span:
    return Span(
        trace_id=documents.identifier(span, "traceId"),
        span_id=documents.identifier(span, "spanId"),
        parent_id=documents.text(span, "parentSpanId", ""),
        service=service,
        name=documents.text(span, "name", ""),
        start=documents.whole(span, "startTimeUnixNano"),
        end=documents.whole(span, "endTimeUnixNano"),
        place=_place(span),
        error=_error(documents.mapping(span, "status")),
        attributes=attributes.texts(documents.mappings(span, "attributes")),
        kept=any(each.get("key") == _KEPT for each in documents.mappings(span, "attributes")),
    )


def _place(span: Document) -> tuple[int, int] | None:
    """Return the record's place by the attributes of the messaging conventions."""
    found = documents.mappings(span, "attributes")
    values = {documents.text(each, "key", ""): documents.mapping(each, "value") for each in found}
    partition = documents.text(values.get(_PARTITION, {}), "stringValue", "")
    offset = values.get(_OFFSET, {})
    if not (partition.isascii() and partition.isdigit() and len(partition) < _DIGITS) or "intValue" not in offset:
        return None
    return int(partition), documents.whole(offset, "intValue")


def _error(status: Document) -> str:
    """Return what an error's status says; protobuf's JSON may name the code or number it."""
    failed = status.get("code") in _FAILED
    return (documents.text(status, "message", "") or "no message") if failed else ""


def journeys(pipeline: str, found: Iterable[Span]) -> list[Journey]:
    """Return the connected journeys of this pipeline's messages, the newest first.

    The consumer's clock tells which is the newest: a producer whose clock is ahead would seem newer than all others.
    """
    by_id = _by_id(found)
    complete = [
        Journey(send, queue, process)
        for process in by_id.values()
        if is_process(process, pipeline)
        and (queue := by_id.get((process.trace_id, process.parent_id)))
        and queue.service == naming.queue_service(pipeline)
        and (send := by_id.get((queue.trace_id, queue.parent_id)))
        and is_send(send, pipeline)
    ]
    return sorted(complete, key=lambda journey: journey.process.end, reverse=True)


def awaiting_parent(pipeline: str, found: Iterable[Span]) -> list[Span]:
    """Return the spans between send and process whose parent is in another process and was not read back.

    Their message brought a trace context along, so the spans above them are on their way to Jaeger, gone from it, or
    of somebody whom we do not know.
    """
    by_id = _by_id(found)
    return [top for span in by_id.values() if is_process(span, pipeline) and (top := _waits(pipeline, span, by_id))]


def _waits(pipeline: str, process: Span, by_id: Mapping[tuple[str, str], Span]) -> Span | None:
    """Return the queue span without its parent, or the process span without its own; None where both are known."""
    queue = by_id.get((process.trace_id, process.parent_id))
    if queue is None:
        return process if process.parent_id else None
    is_queue = queue.service == naming.queue_service(pipeline)
    return queue if is_queue and queue.parent_id and (queue.trace_id, queue.parent_id) not in by_id else None


def is_send(span: Span, pipeline: str) -> bool:
    """Return whether the pipeline's producer sent a message."""
    return _is(span, naming.component(pipeline, naming.PRODUCER), SEND)


def is_process(span: Span, pipeline: str) -> bool:
    """Return whether the pipeline's consumer processed a message."""
    return _is(span, naming.component(pipeline, naming.CONSUMER), PROCESS)


def _is(span: Span, service: str, operation: str) -> bool:
    return span.service == service and span.name.startswith(f"{operation} ")


def _by_id(found: Iterable[Span]) -> dict[tuple[str, str], Span]:
    return {(span.trace_id, span.span_id): span for span in found}


def by_trace(found: Iterable[Span]) -> dict[str, list[Span]]:
    """Return the spans of each trace in the order of their start, each once though several queries found it."""
    traces: dict[str, list[Span]] = defaultdict(list)
    for span in sorted(_by_id(found).values(), key=lambda span: span.start):
        traces[span.trace_id].append(span)
    return traces
