"""OTLP as it arrives, and as Jaeger's query API returns it. Pure."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

_TRACE_ID_BYTES, _SPAN_ID_BYTES = 16, 8
_LATEST = 2**63 - 1
_IDS = ("traceId", "spanId", "parentSpanId")


@dataclass(frozen=True)
class Stored:
    """A span as it is kept: `origin` is what its resource and scope are, encoded, and `body` the span itself."""

    trace_id: bytes
    span_id: bytes
    service: str
    name: str
    start: int
    origin: bytes
    body: bytes


def received(request: ExportTraceServiceRequest) -> tuple[list[Stored], int]:
    """Return the spans of a request, and how many of its spans are none: without ids, or of no time."""
    kept, refused = [], 0
    for resource, scope in ((r, s) for r in request.resource_spans for s in r.scope_spans):
        origin = _origin(resource, scope)
        service = service_name(resource.resource.attributes)
        sound = [span for span in scope.spans if _is_sound(span)]
        refused += len(scope.spans) - len(sound)
        kept += [_stored(span, service, origin) for span in sound]
    return kept, refused


def service_name(attributes: Iterable[KeyValue]) -> str:
    """Return the name of the service that a resource describes."""
    return next((each.value.string_value for each in attributes if each.key == "service.name"), "")


def _origin(resource: ResourceSpans, scope: ScopeSpans) -> bytes:
    alone = ScopeSpans(scope=scope.scope, schema_url=scope.schema_url)
    origin = ResourceSpans(resource=resource.resource, schema_url=resource.schema_url, scope_spans=[alone])
    return origin.SerializeToString(deterministic=True)


def _is_sound(span: Span) -> bool:
    ids = len(span.trace_id) == _TRACE_ID_BYTES and len(span.span_id) == _SPAN_ID_BYTES
    return ids and 0 < span.start_time_unix_nano <= span.end_time_unix_nano <= _LATEST


def _stored(span: Span, service: str, origin: bytes) -> Stored:
    body = span.SerializeToString()
    return Stored(span.trace_id, span.span_id, service, span.name, span.start_time_unix_nano, origin, body)


def document(found: Mapping[bytes, Iterable[bytes]]) -> dict[str, Any]:
    """Return encoded spans, by their encoded origin, as OTLP/JSON."""
    return {"resourceSpans": [_resource_spans(origin, bodies) for origin, bodies in found.items()]}


def _resource_spans(origin: bytes, bodies: Iterable[bytes]) -> dict[str, Any]:
    message = ResourceSpans.FromString(origin)
    message.scope_spans[0].spans.extend(Span.FromString(body) for body in bodies)
    found = json_format.MessageToDict(message, use_integers_for_enums=True)
    for span in _spans(found):
        _write_ids(span)
        for link in span.get("links", ()):
            _write_ids(link)
    return found


def _spans(resource: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for scope in resource["scopeSpans"]:
        yield from scope["spans"]


def _write_ids(part: dict[str, Any]) -> None:
    """Write ids in hexadecimal, as OTLP/JSON has them, where Protobuf's JSON has base64."""
    part |= {name: base64.b64decode(part[name]).hex() for name in _IDS if name in part}
