import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafkatrace import context_headers, propagation
from kafkatrace.context.headers import Headers
from kafkatrace.propagation import Propagated
from opentelemetry import baggage, trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState

PARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OTHER = b"00-11111111111111111111111111111111-2222222222222222-00"


class Stub:
    def __init__(self, headers: Headers | None) -> None:
        self._headers = headers

    def headers(self) -> Headers | None:
        return self._headers


class Poisoned(Stub):
    """What confluent-kafka does when a header's name is not UTF-8."""

    def headers(self) -> Headers | None:
        raise SystemError("returned a result with an exception set")


def context_of(state: str = "", **pairs: str) -> Context:
    span = SpanContext(0xA, 0xB, False, TraceFlags(1), TraceState.from_header([state]))
    context = trace.set_span_in_context(NonRecordingSpan(span), Context())
    for key, value in pairs.items():
        context = baggage.set_baggage(key, value, context)
    return context


def test_the_last_traceparent_wins() -> None:
    incoming = propagation.extract([("traceparent", OTHER), ("traceparent", PARENT)])
    assert incoming.traceparent == PARENT


def test_text_and_dict_headers_are_read_too() -> None:
    assert propagation.extract({"traceparent": PARENT.decode()}).traceparent == PARENT


def test_tracestate_comes_with_its_traceparent_only() -> None:
    with_parent = propagation.extract([("traceparent", PARENT), ("tracestate", b"a=1")])
    without = propagation.extract([("tracestate", b"a=1")])
    assert with_parent == Propagated(PARENT, state="a=1")
    assert without == propagation.NOTHING


@pytest.mark.parametrize("name", ["traceparent", "baggage"])
@pytest.mark.parametrize("value", [None, b"", b"\xff\xfe", b"x" * 1_000_000, "\ud800", "é"])
def test_a_malformed_header_is_named_and_costs_nothing_else(name: str, value: str | bytes | None) -> None:
    headers: Headers = [("traceparent", PARENT), ("baggage", b"user=1"), (name, value)]
    incoming = propagation.extract(headers)
    empty_baggage = name == "baggage" and value == b""
    assert incoming.malformed == (() if empty_baggage else (name,))
    assert (incoming.traceparent is None) == (name == "traceparent")
    assert (incoming.baggage is None) == (name == "baggage")


def test_a_malformed_tracestate_leaves_the_trace() -> None:
    incoming = propagation.extract([("traceparent", PARENT), ("tracestate", b"\xff")])
    assert incoming.malformed == ("tracestate",)
    assert incoming.traceparent == PARENT


def test_strangers_text_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        propagation.extract([("traceparent", PARENT), ("tracestate", b"B@D=1"), ("baggage", b"x" * 400_000)])
    assert caplog.records == []


def test_headers_that_cannot_be_read_give_a_fresh_trace() -> None:
    assert propagation.read(Poisoned(None)) == Propagated(None, malformed=("headers",))


@pytest.mark.parametrize("odd", [None, "ab", ("traceparent",), ("traceparent", PARENT, 1), (1, PARENT)])
def test_an_only_header_that_is_none_gives_a_fresh_trace(odd: object) -> None:
    assert propagation.extract([odd]) == Propagated(None)


def test_hundreds_of_headers() -> None:
    headers: Headers = [*((f"h{n}", b"x") for n in range(900)), ("traceparent", PARENT)]
    assert propagation.extract(headers).traceparent == PARENT


def test_injects_all_three_in_place_of_the_old() -> None:
    old: Headers = [("traceparent", OTHER), ("x", b"1"), ("tracestate", b"old=1"), ("baggage", b"old=1")]
    assert propagation.inject(old, Propagated(OTHER, "a=1", {"user": "7"}), PARENT) == [
        ("x", b"1"),
        ("traceparent", PARENT),
        ("tracestate", b"a=1"),
        ("baggage", b"user=7"),
    ]
    assert len(old) == 4


def test_a_stale_tracestate_goes_and_baggage_stays_when_the_context_has_none() -> None:
    headers = propagation.inject([("tracestate", b"old=1"), ("baggage", b"old=1")], Propagated(OTHER), PARENT)
    assert headers == [("traceparent", PARENT), ("baggage", b"old=1")]


@pytest.mark.parametrize("value", [b"\xff", None, b"x" * 9000])
def test_baggage_that_nobody_can_read_goes_no_further(value: bytes | None) -> None:
    assert propagation.inject([("baggage", value)], Propagated(OTHER), PARENT) == [("traceparent", PARENT)]


def test_the_code_that_runs_has_its_span_its_state_and_its_baggage() -> None:
    propagated = propagation.ambient(context_of("a=1", user="7"))
    assert propagated == Propagated(b"00-0000000000000000000000000000000a-000000000000000b-01", "a=1", {"user": "7"})
    assert propagation.ambient(Context()) == propagation.NOTHING


def test_context_headers_for_other_clients() -> None:
    span = NonRecordingSpan(SpanContext(0xA, 0xB, False, TraceFlags(1)))
    propagated = ("traceparent", b"00-0000000000000000000000000000000a-000000000000000b-01")
    with trace.use_span(span):
        assert context_headers() == [propagated]
        assert context_headers(Stub([("x", b"1"), ("traceparent", OTHER)])) == [("x", b"1"), propagated]
        assert context_headers(Poisoned(None)) == [propagated]
    assert context_headers() == []


_NAMES = st.sampled_from(["traceparent", "tracestate", "baggage", "x"])
_VALUES = st.none() | st.binary(max_size=70) | st.text(max_size=70) | st.just(PARENT) | st.just(b"a=1")


@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=8))
def test_no_headers_raise_and_what_is_read_can_be_sent_on(
    headers: list[tuple[str, str | bytes | None]],
) -> None:
    incoming = propagation.read(Stub(headers))
    sent = propagation.inject(headers, incoming, incoming.traceparent or OTHER)
    again = propagation.extract(sent)
    assert again.traceparent == (incoming.traceparent or OTHER)
    assert (again.state, again.baggage) == (incoming.state, incoming.baggage)
