from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st
from kafkatrace import context_headers
from kafkatrace.context import w3c
from kafkatrace.context.context_var import variable
from kafkatrace.spans.message_span import MessageSpan
from opentelemetry import baggage, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanContext
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from tests.fuzz.conftest import Fuzz, cases
from tests.fuzz.corpus import CORPUS, Headers
from tests.fuzz.strategies import ALL_THREE, ANY, MIXED, PARENT_VALUE
from tests.unit.kafkatrace.handmade import Poisoned, message

_LONGEST_MEMBER = 4096  # of baggage that the SDK reads
_LONGEST_PARENT = 512  # of a future version
_NAMES = ("traceparent", "tracestate", "baggage")


def carrier(headers: Any) -> dict[str, str]:
    """What is sent, as a reader of text sees it; each of our names at most once, all ASCII."""
    found = [(name, value) for name, value in headers if name in _NAMES]
    assert len({name for name, _ in found}) == len(found), "a reader may take the first or the last"
    return {name: value.decode("ascii") for name, value in found}


def read(headers: Any) -> tuple[SpanContext, dict[str, object]]:
    """What the SDK's own propagators make of it."""
    sent = carrier(headers)
    context = TraceContextTextMapPropagator().extract(sent, Context())
    context = W3CBaggagePropagator().extract(sent, context)
    return trace.get_current_span(context).get_span_context(), dict(baggage.get_all(context))


def same_baggage(there: dict[str, object], here: dict[str, object]) -> bool:
    """Whether what the SDK read is what we had: it strips blanks, and what is too long for W3C goes no further."""
    stripped = {key.strip(): str(value).strip() for key, value in here.items()}
    members = [w3c.format_baggage({key: value}) for key, value in here.items()]
    if all(0 < len(member) <= _LONGEST_MEMBER for member in members) and sum(map(len, members)) + len(members) <= 8192:
        return there == stripped
    return there.items() <= stripped.items()


def check_continuation(headers: Headers, own: SpanContext, *, linked: bool) -> None:
    """Whether the trace goes on where the SDK would let it, and else is a fresh one."""
    value = dict(headers).get("traceparent")  # the last of them
    text = value.decode("latin-1") if isinstance(value, bytes) else value or ""
    theirs = trace.get_current_span(TraceContextTextMapPropagator().extract({"traceparent": text}, Context()))
    sender = theirs.get_span_context()
    if not sender.is_valid or linked:
        assert f"{own.trace_id:032x}" not in str(headers).lower()
        assert not own.trace_state, "it belongs to the sender's trace"
    elif text == text.strip(" \t\n") and len(text) <= _LONGEST_PARENT:
        assert own.trace_id == sender.trace_id
        assert own.trace_flags == sender.trace_flags & w3c.KNOWN_FLAGS


def check(
    fuzz: Fuzz, warned: list[str], record: Message, process: Callable[[Message], AbstractContextManager[Span]]
) -> Span:
    """Handle the record and look at what its handler would send on."""
    fuzz.case()
    warned.clear()
    before = fuzz.tracing.counters.malformed_headers
    given: Any = record.headers() if type(record) is Message else None
    with process(record) as span:
        own = span.get_span_context()
        assert own.is_valid
        assert trace.get_current_span() is span
        pairs = dict(baggage.get_all())
        elsewhere, far_pairs = read(context_headers(record))
        origin = fuzz.sender.origin(variable.get(), given)
        assert origin is not None
        child, child_pairs = read(origin.headers)
        assert isinstance(span, MessageSpan)
        fuzz.recorded += span.recording and 1 + span.draws_queue
    assert trace.get_current_span() is trace.INVALID_SPAN
    check_continuation(given or [], own, linked=process == fuzz.linked.process)
    assert own.trace_flags in range(4), "what future versions may mean by others is not ours to say"
    assert elsewhere == SpanContext(own.trace_id, own.span_id, True, own.trace_flags, own.trace_state)
    assert (child.trace_id, child.trace_state) == (own.trace_id, own.trace_state)
    assert child.trace_flags.sampled == own.trace_flags.sampled
    assert (child.span_id != own.span_id) == own.trace_flags.sampled
    assert far_pairs == child_pairs
    assert same_baggage(far_pairs, pairs)
    assert 0 <= fuzz.tracing.counters.malformed_headers - before <= len(_NAMES)
    assert [each for each in warned if "list-member with length" not in each] == []
    return span


@pytest.mark.parametrize("name", CORPUS)
@pytest.mark.parametrize("kind", [Message, Poisoned])
@pytest.mark.parametrize("linked", [False, True])
def test_the_corpus(fuzz: Fuzz, warned: list[str], name: str, kind: type[Message], linked: bool) -> None:
    inbox = fuzz.linked if linked else fuzz.inbox
    check(fuzz, warned, message(CORPUS[name], kind), inbox.process)


@cases(2)
@given(headers=ALL_THREE)
def test_all_three_headers_each_right_or_nearly_so(fuzz: Fuzz, warned: list[str], headers: Headers) -> None:
    check(fuzz, warned, message(headers), fuzz.inbox.process)


@cases()
@given(headers=ANY, linked=st.booleans())
def test_any_headers_in_any_order(fuzz: Fuzz, warned: list[str], headers: Headers, linked: bool) -> None:
    check(fuzz, warned, message(headers), (fuzz.linked if linked else fuzz.inbox).process)


@cases()
@given(headers=MIXED)
def test_the_corpus_with_more_around_it(fuzz: Fuzz, warned: list[str], headers: Headers) -> None:
    check(fuzz, warned, message(headers), fuzz.inbox.process)


@cases(0.2)
@given(headers=ANY)
def test_headers_that_raise(fuzz: Fuzz, warned: list[str], headers: Headers) -> None:
    untouched = message(headers, Poisoned)
    with fuzz.inbox.take():
        fuzz.recorded += 2
        assert [list(dict(context_headers(untouched))) for _ in range(2)] == [["traceparent"]] * 2
    before = fuzz.tracing.counters.malformed_headers
    check(fuzz, warned, message(headers, Poisoned), fuzz.inbox.process)
    assert fuzz.tracing.counters.malformed_headers == before + 1


@cases(0.8)
@given(value=PARENT_VALUE)
def test_a_traceparent_alone(fuzz: Fuzz, warned: list[str], value: str | bytes | None) -> None:
    check(fuzz, warned, message([("traceparent", value)]), fuzz.inbox.process)
