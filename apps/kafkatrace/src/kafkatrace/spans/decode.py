"""Spans out of OTLP, as the SDK's exporters want them."""

from collections.abc import Iterable, Iterator
from typing import Any

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util import BoundedList
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

_REMOTE = 0x200


def spans(request: ExportTraceServiceRequest, resource: Resource) -> Iterator[ReadableSpan]:
    """Read all spans, which belong to this resource."""
    for group in request.resource_spans:
        for scoped in group.scope_spans:
            scope = InstrumentationScope(scoped.scope.name, scoped.scope.version, scoped.schema_url)
            for span in scoped.spans:
                yield _span(span, resource, scope)


def _span(span: trace_pb2.Span, resource: Resource, scope: InstrumentationScope) -> ReadableSpan:
    state = TraceState.from_header([span.trace_state]) if span.trace_state else None
    parent = _context(span.trace_id, span.parent_span_id, span.flags, state) if span.parent_span_id else None
    return ReadableSpan(
        name=span.name,
        context=_context(span.trace_id, span.span_id, span.flags & ~_REMOTE, state),
        parent=parent,
        resource=resource,
        attributes=_attributes(span.attributes, span.dropped_attributes_count),
        events=_list(map(_event, span.events), span.dropped_events_count),
        links=_list(map(_link, span.links), span.dropped_links_count),
        kind=SpanKind(span.kind - 1),
        status=Status(StatusCode(span.status.code), span.status.message or None),
        start_time=span.start_time_unix_nano,
        end_time=span.end_time_unix_nano,
        instrumentation_scope=scope,
    )


def _context(trace_id: bytes, span_id: bytes, flags: int, state: TraceState | None) -> SpanContext:
    remote = bool(flags & _REMOTE)
    numbers = int.from_bytes(trace_id), int.from_bytes(span_id)
    return SpanContext(*numbers, remote, TraceFlags(flags & 0xFF), state)


def _link(link: trace_pb2.Span.Link) -> Link:
    state = TraceState.from_header([link.trace_state]) if link.trace_state else None
    attributes = _attributes(link.attributes, link.dropped_attributes_count)
    return Link(_context(link.trace_id, link.span_id, link.flags, state), attributes)


def _event(event: trace_pb2.Span.Event) -> Event:
    attributes = _attributes(event.attributes, event.dropped_attributes_count)
    return Event(event.name, attributes, event.time_unix_nano)


def _attributes(pairs: Iterable[KeyValue], dropped: int) -> BoundedAttributes:
    attributes = BoundedAttributes(attributes={pair.key: _value(pair.value) for pair in pairs})
    attributes.dropped = dropped
    return attributes


def _list(items: Iterable[Any], dropped: int) -> BoundedList[Any]:
    kept = BoundedList.from_seq(None, items)
    kept.dropped = dropped
    return kept


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return tuple(_value(each) for each in value.array_value.values)
    if kind == "kvlist_value":
        return {pair.key: _value(pair.value) for pair in value.kvlist_value.values}
    return None if kind is None else getattr(value, kind)
