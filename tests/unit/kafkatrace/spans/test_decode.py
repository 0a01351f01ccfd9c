from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafkatrace.spans import decode, otlp, semconv
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

TRACE, OWN, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00f067aa0ba902b7"
IDS = f"{TRACE}{OWN}".encode()
IDENTITY = otlp.Identity(Resource({"service.name": "orders"}), "1.2.3")


def read_all(request: bytes) -> list[ReadableSpan]:
    return list(decode.spans(ExportTraceServiceRequest.FromString(request), IDENTITY.resource))


def read(*rest: bytes, parent: str = "", flags: int = 1, state: bytes = b"") -> ReadableSpan:
    span_prefix = otlp.span_prefix("process t", SpanKind.CONSUMER, {"a": 1})
    encoded = otlp.span(IDS + parent.encode(), 10, 20, (span_prefix, *rest), flags=flags, state=state)
    (span,) = read_all(IDENTITY.request([encoded]))
    return span


def test_name_kind_times_and_whose_it_is() -> None:
    span = read()
    assert (span.name, span.kind, span.start_time, span.end_time) == ("process t", SpanKind.CONSUMER, 10, 20)
    assert span.resource is IDENTITY.resource
    scope = span.instrumentation_scope
    assert scope is not None
    assert (scope.name, scope.version, scope.schema_url) == (semconv.SCOPE, "1.2.3", semconv.SCHEMA_URL)


@pytest.mark.parametrize("flags", range(4))
@pytest.mark.parametrize("remote", [0, otlp.REMOTE])
def test_ids_and_flags(flags: int, remote: int) -> None:
    span = read(parent=PARENT, flags=flags | remote, state=b"a=1")
    own, parent = span.get_span_context(), span.parent
    assert own is not None
    assert parent is not None
    assert (f"{own.trace_id:032x}", f"{own.span_id:016x}") == (TRACE, OWN)
    assert (f"{parent.trace_id:032x}", f"{parent.span_id:016x}") == (TRACE, PARENT)
    assert (own.trace_flags, own.is_remote) == (flags, False)
    assert parent.is_remote == bool(remote)
    assert own.trace_state.to_header() == parent.trace_state.to_header() == "a=1"


def test_a_root_has_no_parent() -> None:
    assert read().parent is None


@pytest.mark.parametrize("code", StatusCode)
def test_the_status(code: StatusCode) -> None:
    status = read(otlp.status(code, "broken" if code is StatusCode.ERROR else None)).status
    assert status.status_code is code
    assert status.description == ("broken" if code is StatusCode.ERROR else None)


def test_events_and_links() -> None:
    span = read(otlp.event("e", 5, {"k": "v"}), otlp.link(IDS, 1 | otlp.REMOTE, {"n": [1, 2]}, b"b=2"))
    (event,), (link,) = span.events, span.links
    assert (event.name, event.timestamp, dict(event.attributes or {})) == ("e", 5, {"k": "v"})
    assert (f"{link.context.trace_id:032x}{link.context.span_id:016x}").encode() == IDS
    assert link.context.is_remote
    assert link.context.trace_flags == 1
    assert link.context.trace_state.to_header() == "b=2"
    assert dict(link.attributes or {}) == {"n": (1, 2)}


def test_what_the_limits_left_out_is_not_forgotten() -> None:
    span = read(otlp.dropped(3, 4, 5), otlp.event("e", 5, {}, 6), otlp.link(IDS, 1, dropped=7))
    assert (span.dropped_attributes, span.dropped_events, span.dropped_links) == (3, 4, 5)
    assert (span.events[0].dropped_attributes, span.links[0].dropped_attributes) == (6, 7)


_TEXT = st.text(st.characters(codec="utf-8"))
_NAME = _TEXT.filter(bool)
_SCALAR = (
    _TEXT | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.binary() | st.none()
)
_VALUE = st.recursive(_SCALAR, lambda inner: st.lists(inner).map(tuple) | st.dictionaries(_NAME, inner), max_leaves=8)


@given(st.dictionaries(_NAME, _VALUE, max_size=5))
def test_every_attribute_comes_back(attributes: dict[str, Any]) -> None:
    span = otlp.span(IDS, 1, 2, (otlp.span_prefix("n", SpanKind.CLIENT, attributes),), flags=1)
    (found,) = read_all(IDENTITY.request([span]))
    assert dict(found.attributes or {}) == attributes


@given(
    st.dictionaries(_NAME, _VALUE, max_size=3),
    st.lists(st.tuples(_TEXT, st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1)), max_size=3),
    st.booleans(),
    st.tuples(*[st.integers(0, 2**32 - 1)] * 3),
)
def test_the_sdks_exporters_send_what_we_would_have_sent(
    attributes: dict[str, Any], events: list[tuple[str, int, int]], rooted: bool, dropped: tuple[int, int, int]
) -> None:
    rest = [
        otlp.span_prefix("send t", SpanKind.PRODUCER, attributes),
        *(otlp.event(name, time, attributes, count) for name, time, count in events),
        otlp.link(IDS, otlp.REMOTE, attributes, dropped=dropped[0]),
        otlp.dropped(*dropped),
        otlp.status(StatusCode.ERROR, "broken"),
    ]
    ids, remote = (IDS, 0) if rooted else (IDS + PARENT.encode(), otlp.REMOTE)
    ours = IDENTITY.request([otlp.span(ids, 1, 2, rest, flags=remote, state=b"a=1")])
    assert encode_spans(read_all(ours)) == ExportTraceServiceRequest.FromString(ours)
