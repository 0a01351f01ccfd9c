from collections.abc import Sequence

import pytest
from kafkatrace.spans import otlp, protobuf, semconv
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util import BoundedList
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

TRACE, OWN, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00f067aa0ba902b7"
IDS = f"{TRACE}{OWN}".encode()
RESOURCE = Resource({"service.name": "orders", "team": "ä"}, "https://opentelemetry.io/schemas/1.44.0")
IDENTITY = otlp.Identity(RESOURCE, "1.2.3")
SCOPE = InstrumentationScope("kafkatrace", "1.2.3", semconv.SCHEMA_URL)
ATTRIBUTES: dict[str, object] = {"text": "Amélie", "n": -1, "yes": True, "half": 0.5, "list": ["a", "b"], "none": None}


def spans_of(request: bytes) -> list[trace_pb2.Span]:
    groups = ExportTraceServiceRequest.FromString(request).resource_spans
    return [span for group in groups for scope in group.scope_spans for span in scope.spans]


def decoded(encoded: bytes) -> trace_pb2.Span:
    (span,) = spans_of(IDENTITY.request([encoded]))
    return span


def span_with(*rest: bytes, ids: bytes = IDS, flags: int = 1, state: bytes = b"") -> trace_pb2.Span:
    return decoded(otlp.span(ids, 1, 2, rest, flags=flags, state=state))


def context(span_id: str, *, remote: bool = False, state: str = "") -> SpanContext:
    entries = TraceState.from_header([state]) if state else None
    return SpanContext(int(TRACE, 16), int(span_id, 16), remote, TraceFlags(1), entries)


def bounded(attributes: dict[str, object], dropped: int) -> BoundedAttributes:
    made = BoundedAttributes(attributes=attributes)  # type: ignore[arg-type] # of every type
    made.dropped = dropped
    return made


def listed(items: Sequence[object], dropped: int) -> BoundedList[object]:
    made = BoundedList.from_seq(None, items)
    made.dropped = dropped
    return made


def by_the_sdk(parent: SpanContext | None) -> ReadableSpan:
    return ReadableSpan(
        name="process t",
        context=context(OWN, state="a=1,b=2"),
        parent=parent,
        resource=RESOURCE,
        attributes=bounded(ATTRIBUTES, 3),
        events=listed([Event("e", bounded({"k": "v"}, 1), 5)], 4),  # type: ignore[arg-type] # it is what the SDK keeps
        links=listed([Link(context(PARENT, remote=True), bounded({"k": 1}, 2))], 5),  # type: ignore[arg-type] # likewise
        kind=SpanKind.CONSUMER,
        status=Status(StatusCode.ERROR, "broken"),
        start_time=10**18,
        end_time=2**63,
        instrumentation_scope=SCOPE,
    )


def by_us(parent: str, remote: int) -> bytes:
    rest = [
        otlp.span_prefix("process t", SpanKind.CONSUMER, ATTRIBUTES),
        otlp.dropped(3, 4, 5),
        otlp.event("e", 5, {"k": "v"}, 1),
        otlp.link(f"{TRACE}{PARENT}".encode(), otlp.REMOTE, {"k": 1}, dropped=2),
        otlp.status(StatusCode.ERROR, "broken"),
    ]
    ids = f"{TRACE}{OWN}{parent}".encode()
    return IDENTITY.request([otlp.span(ids, 10**18, 2**63, rest, flags=remote, state=b"a=1,b=2")])


@pytest.mark.parametrize(
    ("theirs", "ours", "remote"),
    [
        (None, "", 0),
        (context(PARENT), PARENT, 0),
        (context(PARENT, remote=True), PARENT, otlp.REMOTE),
    ],
)
def test_a_request_is_the_one_that_the_sdk_makes_of_the_same_span(
    theirs: SpanContext | None, ours: str, remote: int
) -> None:
    assert ExportTraceServiceRequest.FromString(by_us(ours, remote)) == encode_spans([by_the_sdk(theirs)])


@pytest.mark.parametrize("kind", SpanKind)
def test_the_kind(kind: SpanKind) -> None:
    span = span_with(otlp.span_prefix("send t", kind, {}))
    assert trace_pb2.Span.SpanKind.Name(span.kind) == f"SPAN_KIND_{kind.name}"
    assert span.name == "send t"


def test_the_ids() -> None:
    root, child = span_with(), span_with(ids=IDS + PARENT.encode())
    assert (root.trace_id.hex(), root.span_id.hex(), root.parent_span_id) == (TRACE, OWN, b"")
    assert (child.trace_id.hex(), child.span_id.hex(), child.parent_span_id.hex()) == (TRACE, OWN, PARENT)


@pytest.mark.parametrize("trace_flags", range(4))
def test_the_flags_and_whether_the_parent_is_elsewhere(trace_flags: int) -> None:
    assert span_with(flags=trace_flags).flags == 0x100 | trace_flags
    assert span_with(flags=trace_flags | otlp.REMOTE).flags == 0x300 | trace_flags
    here, elsewhere = span_with(otlp.link(IDS, trace_flags), otlp.link(IDS, trace_flags | otlp.REMOTE)).links
    assert (here.flags, elsewhere.flags) == (0x100 | trace_flags, 0x300 | trace_flags)


@pytest.mark.parametrize("ids", [IDS[:32], IDS + IDS])
def test_ids_of_another_length_are_refused(ids: bytes) -> None:
    with pytest.raises(ValueError, match=f"^a span's ids have 24 or 32 bytes, not {len(ids) // 2}$"):
        otlp.span(ids, 1, 2, (), flags=1)


def test_the_state() -> None:
    span = span_with(otlp.link(IDS, 1, state=b"b=2"), otlp.link(IDS, 1), state=b"a=1")
    assert (span.trace_state, [link.trace_state for link in span.links]) == ("a=1", ["b=2", ""])
    assert decoded(otlp.span(IDS, 1, 2, (), flags=1)).trace_state == ""


def test_an_event() -> None:
    (event,) = span_with(otlp.event("é" * 100, 2**64 - 1, ATTRIBUTES, 200)).events
    assert (event.name, event.time_unix_nano, event.dropped_attributes_count) == ("é" * 100, 2**64 - 1, 200)
    assert [pair.key for pair in event.attributes] == list(ATTRIBUTES)


def test_nothing_is_dropped_unless_it_is_said() -> None:
    span = span_with(otlp.event("e", 5, {}), otlp.link(IDS, 1))
    assert (span.events[0].dropped_attributes_count, span.links[0].dropped_attributes_count) == (0, 0)


def test_a_status_on_the_wire() -> None:
    assert otlp.status(StatusCode.UNSET, "broken") == b""
    assert otlp.status(StatusCode.OK) == b"\x7a\x02\x18\x01"
    assert otlp.status(StatusCode.ERROR, "no") == b"\x7a\x06\x12\x02no\x18\x02"


@pytest.mark.parametrize(("time", "kept"), [(-1, 0), (2**64, 2**64 - 1), (1.5, 1), (True, 1)])
def test_a_time_that_fits_nowhere_costs_neither_the_span_nor_an_exception(time: int, kept: int) -> None:
    (event,) = span_with(otlp.event("e", time, {})).events
    assert event.time_unix_nano == kept
    span = decoded(otlp.span(IDS, 0, time, (), flags=1))
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (0, kept)


def test_a_link() -> None:
    (link,) = span_with(otlp.link(f"{TRACE}{PARENT}".encode(), 1, ATTRIBUTES, dropped=300)).links
    assert (link.trace_id.hex(), link.span_id.hex(), link.dropped_attributes_count) == (TRACE, PARENT, 300)
    assert [pair.key for pair in link.attributes] == list(ATTRIBUTES)


@pytest.mark.parametrize("message", [None, "", "broken \ud800", "x" * 1000])
def test_a_status(message: str | None) -> None:
    status = span_with(otlp.status(StatusCode.ERROR, message)).status
    assert (status.code, status.message) == (2, (message or "").replace("\ud800", "?"))
    assert span_with(otlp.status(StatusCode.OK)).status.code == 1
    assert not span_with(otlp.status(StatusCode.UNSET, message)).HasField("status")


@pytest.mark.parametrize("count", [0, 1, 127, 128, 2**32 - 1])
def test_what_the_limits_left_out(count: int) -> None:
    span = span_with(otlp.dropped(count, 0, 1), otlp.dropped(0, count, 0))
    assert (span.dropped_attributes_count, span.dropped_events_count, span.dropped_links_count) == (count, count, 1)


def test_requests_one_after_the_other_are_one() -> None:
    cluster = otlp.Identity(Resource({"service.name": "kafka"}), "1.2.3")
    spans = [otlp.span(IDS, n, n, (protobuf.attributes(otlp.ATTRIBUTE, {"n": n}),), flags=1) for n in range(300)]
    whole = IDENTITY.request(spans[:200]) + cluster.request(spans[200:]) + IDENTITY.request([])
    request = ExportTraceServiceRequest.FromString(whole)
    assert [len(group.scope_spans[0].spans) for group in request.resource_spans] == [200, 100]
    assert [span.start_time_unix_nano for span in spans_of(whole)] == list(range(300))
    names = [group.resource.attributes[0].value.string_value for group in request.resource_spans]
    assert names == ["orders", "kafka"]
    assert [group.schema_url for group in request.resource_spans] == [RESOURCE.schema_url, ""]
    assert IDENTITY.request([]) == b""
