import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafkatrace.context import w3c
from opentelemetry import trace
from opentelemetry.trace import SpanContext, TraceFlags, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
VALID = f"00-{TRACE}-{SPAN}-01"


def test_reads_a_traceparent() -> None:
    context = w3c.parse_traceparent(VALID.encode())
    assert context is not None
    assert (context.trace_id, context.span_id) == (int(TRACE, 16), int(SPAN, 16))
    assert context.is_remote
    assert context.trace_flags.sampled


@pytest.mark.parametrize(("flags", "kept"), [("00", 0), ("01", 1), ("02", 2), ("03", 3), ("ff", 3), ("fe", 2)])
def test_keeps_the_flags_that_are_defined(flags: str, kept: int) -> None:
    context = w3c.parse_traceparent(f"00-{TRACE}-{SPAN}-{flags}".encode())
    assert context is not None
    assert context.trace_flags == kept


@pytest.mark.parametrize(
    "value",
    [
        f"01-{TRACE}-{SPAN}-01",
        f"01-{TRACE}-{SPAN}-01-more",
        f"fe-{TRACE}-{SPAN}-01-",
        f"01-{TRACE}-{SPAN}-01-" + "a" * 456,  # 512 characters
    ],
)
def test_reads_the_known_part_of_a_future_version(value: str) -> None:
    assert w3c.parse_traceparent(value.encode()) is not None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "00",
        VALID[:-1],
        f"{VALID}-more",  # version 00 has exactly four fields
        f"{VALID} ",
        f" {VALID}",
        f"01-{TRACE}-{SPAN}-01more",
        f"01-{TRACE}-{SPAN}-01-" + "a" * 457,  # 513 characters
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN.upper()}-01",
        f"0A-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-0A",
        f"00-{TRACE}-{SPAN}-A0",
        f"00-{TRACE}-{SPAN}-g0",
        f"00-{TRACE}-{SPAN}-+1",
        f"00_{TRACE}-{SPAN}-01",
        f"00-{TRACE}_{SPAN}-01",
        f"00-{TRACE}-{SPAN}_01",
        f"00-+{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE[:5]}_{TRACE[6:]}-{SPAN}-01",
        f"00-{TRACE}- {SPAN[1:]}-01",
    ],
)
def test_refuses_a_malformed_traceparent(value: str) -> None:
    assert w3c.parse_traceparent(value.encode()) is None


def test_refuses_bytes_that_are_no_text() -> None:
    assert w3c.parse_traceparent(b"\xff" * 55) is None


def test_writes_what_it_reads() -> None:
    context = w3c.parse_traceparent(VALID.encode())
    assert context is not None
    assert w3c.format_traceparent(context) == VALID.encode()


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        (VALID, VALID),
        (f"00-{TRACE}-{SPAN}-04", f"00-{TRACE}-{SPAN}-00"),
        (f"00-{TRACE}-{SPAN}-10", f"00-{TRACE}-{SPAN}-00"),
        (f"00-{TRACE}-{SPAN}-11", f"00-{TRACE}-{SPAN}-01"),
        (f"10-{TRACE}-{SPAN}-01", VALID),
        (f"11-{TRACE}-{SPAN}-01", VALID),
        (f"11-{TRACE}-{SPAN}-11", VALID),
        (f"01-{TRACE}-{SPAN}-01-more", VALID),
        (f"01-{TRACE}-{SPAN}-01", VALID),
        (f"00-{TRACE[:-1]}0-{SPAN}-01", f"00-{TRACE[:-1]}0-{SPAN}-01"),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-{SPAN}-01", None),
        (f"00-{TRACE}-{SPAN}-0", None),
    ],
)
def test_what_is_passed_on_is_of_version_00_with_the_flags_that_are_defined(value: str, canonical: str | None) -> None:
    assert w3c.canonical_traceparent(value.encode()) == (canonical and canonical.encode())


def test_reads_a_tracestate_with_spaces_and_empty_members() -> None:
    state = w3c.parse_tracestate(b"rojo=00f067aa0ba902b7 ,\t, tenant@congo=t61rcWkgMzE")
    assert state is not None
    assert list(state.items()) == [("rojo", "00f067aa0ba902b7"), ("tenant@congo", "t61rcWkgMzE")]
    assert w3c.format_tracestate(state) == b"rojo=00f067aa0ba902b7,tenant@congo=t61rcWkgMzE"


@pytest.mark.parametrize(
    "value",
    [
        b"nothing",
        b"Upper=1",
        b"a=1,a=2",
        b"a=\xff",
        b"a=b=c",
        b"=1",
        b"a=",
        b",".join(b"k%d=1" % n for n in range(33)),
        b"a=1," * 9000,
    ],
)
def test_refuses_a_malformed_tracestate(value: bytes) -> None:
    assert w3c.parse_tracestate(value) is None


def test_reads_baggage_without_its_properties() -> None:
    pairs = w3c.parse_baggage(b"user=Am%C3%A9lie , plus=a+b; secret ; ttl=1,empty=")
    assert pairs == {"user": "Amélie", "plus": "a+b", "empty": ""}


def test_baggage_bytes_that_are_no_utf8_become_replacement_characters() -> None:
    assert w3c.parse_baggage(b"a=%FF") == {"a": "�"}


@pytest.mark.parametrize(
    "value",
    [
        b"nothing",
        b"=1",
        b"a b=1",
        b"a=\xe9",
        b'a="q"',
        b"a=b c",
        b"a=" + b"x" * 8192,
        b",".join([b"a=1"] * 181),
    ],
)
def test_refuses_malformed_baggage(value: bytes) -> None:
    assert w3c.parse_baggage(value) is None


def test_reads_a_tracestate_up_to_its_limits() -> None:
    most = w3c.parse_tracestate(b",".join(b"k%d=1" % n for n in range(32)))
    assert most is not None
    assert len(most) == 32
    assert w3c.parse_tracestate(b"a=1".ljust(8192, b",")) is not None
    assert w3c.parse_tracestate(b"a=1".ljust(8193, b",")) is None


def test_reads_baggage_up_to_its_limits() -> None:
    assert w3c.parse_baggage(b"a=" + b"x" * 8190) == {"a": "x" * 8190}
    assert w3c.parse_baggage(b"a=" + b"x" * 8191) is None
    assert w3c.parse_baggage(b",".join([b"a=1"] * 180)) == {"a": "1"}


@pytest.mark.parametrize("odd", [b"\n", b"\x0b", b"X"])
def test_only_spaces_and_tabs_are_blank(odd: bytes) -> None:
    assert w3c.parse_tracestate(b"a=1," + odd) is None
    assert w3c.parse_tracestate(b"a=1" + odd + b"\n") is None
    assert w3c.parse_baggage(b"a=1," + odd) is None


@pytest.mark.timeout(60)
def test_blanks_cannot_stop_a_consumer() -> None:
    for _ in range(1_000):  # each took two seconds where every length of every blank was tried
        assert w3c.parse_baggage(b"a=" + b" " * 8_180 + b"\x00") is None


def test_a_plus_is_sent_in_a_way_that_nobody_reads_as_a_space() -> None:
    assert w3c.format_baggage({"a+b": "1+1"}) == b"a%2Bb=1%2B1"


def test_half_a_character_in_baggage_is_sent_as_a_question_mark() -> None:
    assert w3c.format_baggage({"a": "\ud800"}) == b"a=?"


def test_half_a_character_in_a_key_is_sent_as_a_question_mark() -> None:
    assert w3c.format_baggage({"\ud800": "1"}) == b"%3F=1"


def test_writes_baggage_up_to_its_limit_and_not_a_byte_more() -> None:
    parts = {"a": "x" * 4000, "b": "x" * 4000}  # 8005 bytes with the comma
    fits = {**parts, "c": "x" * 184}
    assert len(w3c.format_baggage(fits)) == 8192
    beyond = {**parts, "c": "x" * 185}
    assert w3c.format_baggage(beyond) == w3c.format_baggage(parts)
    assert w3c.format_baggage({**fits, "d": ""}) == w3c.format_baggage(fits)


def test_leaves_out_baggage_beyond_the_limits() -> None:
    assert w3c.format_baggage({"big": "x" * 9000, "": "no key", "small": 1}) == b"small=1"
    assert w3c.format_baggage({f"k{n}": "v" for n in range(200)}).count(b",") == 179


@given(st.binary(max_size=80))
def test_no_bytes_raise(value: bytes) -> None:
    w3c.parse_traceparent(value)
    w3c.parse_tracestate(value)
    w3c.parse_baggage(value)


_MOSTLY_RIGHT = st.from_regex(r"\A(00|01|ff|cc)-[0-9a-f]{30}[0-9a-fA-F_ ]{2}-[0-9a-f]{16}-[0-9a-g]{2}(-.)?\Z")


@given(_MOSTLY_RIGHT)
def test_agrees_with_opentelemetry_on_every_traceparent(value: str) -> None:
    ours = w3c.parse_traceparent(value.encode())
    theirs = trace.get_current_span(TraceContextTextMapPropagator().extract({"traceparent": value})).get_span_context()
    assert (ours is not None) == theirs.is_valid
    if ours is not None:
        assert (ours.trace_id, ours.span_id) == (theirs.trace_id, theirs.span_id)
        assert ours.trace_flags.sampled == theirs.trace_flags.sampled


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.integers(0, 3))
def test_every_context_survives_the_journey(trace_id: int, span_id: int, flags: int) -> None:
    context = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    assert w3c.parse_traceparent(w3c.format_traceparent(context)) == context


_TEXT = st.characters(codec="utf-8")


@given(st.dictionaries(st.text(_TEXT, min_size=1), st.text(_TEXT)))
def test_every_baggage_survives_the_journey(pairs: dict[str, str]) -> None:
    assert w3c.parse_baggage(w3c.format_baggage(pairs)) == pairs


@given(
    st.dictionaries(st.from_regex(r"\A[a-z][a-z0-9_*/-]{0,9}\Z"), st.from_regex(r"\A[!-+\--<>-~]{1,9}\Z"), max_size=32)
)
def test_every_tracestate_survives_the_journey(entries: dict[str, str]) -> None:
    state = TraceState(list(entries.items()))
    assert w3c.parse_tracestate(w3c.format_tracestate(state)) == state
