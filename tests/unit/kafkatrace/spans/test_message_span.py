import asyncio
import contextvars
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from kafkatrace.spans.message_span import MESSAGE_KEY, MessageSpan
from opentelemetry import baggage, context, trace
from opentelemetry.baggage import _BAGGAGE_KEY
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags
from opentelemetry.trace.propagation import _SPAN_KEY

from tests.unit.kafkatrace.handmade import Inbox
from tests.unit.kafkatrace.recording import PARENT, UNSAMPLED, Recorder, ids

AROUND = SpanContext(0xA, 0xB, False, TraceFlags(1))


@pytest.fixture(params=[PARENT, UNSAMPLED], ids=["sampled", "unsampled"])
def traceparent(request: pytest.FixtureRequest) -> bytes:
    value: bytes = request.param
    return value


@pytest.fixture
def inbox(recorder: Recorder) -> Inbox:
    return Inbox(recorder.tracing)


@contextmanager
def attached(outer: Context) -> Iterator[None]:
    token = context.attach(outer)
    try:
        yield
    finally:
        context.detach(token)


@pytest.fixture
def span(inbox: Inbox, traceparent: bytes) -> Iterator[MessageSpan]:
    """Inside a handler, whose caller had a span, baggage and a value of its own."""
    outer = baggage.set_baggage("of", "another trace", context.set_value("colour", "red"))
    with (
        attached(trace.set_span_in_context(NonRecordingSpan(AROUND), outer)),
        inbox.take(("traceparent", traceparent), ("tracestate", b"a=1"), ("baggage", b"user=7")) as span,
    ):
        assert isinstance(span, MessageSpan)
        yield span


# ---- as a context


def test_it_is_the_current_context_and_the_current_span(span: MessageSpan) -> None:
    assert context.get_current() is span
    assert trace.get_current_span() is span
    assert trace.get_current_span(span) is span
    assert isinstance(span, Context)
    assert isinstance(span, Span)


def test_values_of_the_caller_are_seen(span: MessageSpan) -> None:
    assert context.get_value("colour") == context.get_value("colour", span) == "red"
    assert context.get_value("nothing") is None
    assert span.get("nothing", 1) == 1
    assert span["colour"] == "red"
    with pytest.raises(KeyError):
        assert span["nothing"]


def test_a_value_on_top(span: MessageSpan) -> None:
    derived = context.set_value("colour", "blue")
    assert derived == {_SPAN_KEY: span, MESSAGE_KEY: span, _BAGGAGE_KEY: {"user": "7"}, "colour": "blue"}
    with attached(derived):
        assert context.get_value("colour") == "blue"
        assert trace.get_current_span() is span
        assert baggage.get_all() == {"user": "7"}
    assert context.get_value("colour") == "red"


def test_it_reads_as_a_dict_of_four(span: MessageSpan) -> None:
    whole = {_SPAN_KEY: span, MESSAGE_KEY: span, _BAGGAGE_KEY: {"user": "7"}, "colour": "red"}
    assert dict(span) == {**span} == span.copy() == whole
    assert set(span) == set(span.keys()) == set(whole)
    assert dict(zip(span.keys(), span.values(), strict=True)) == dict(span.items()) == whole
    assert len(span) == 4
    assert bool(span)
    assert "colour" in span
    assert _SPAN_KEY in span
    assert "nothing" not in span
    assert Context(span) == whole


def test_it_cannot_be_changed(span: MessageSpan) -> None:
    with pytest.raises(ValueError):
        span["colour"] = "blue"
    with pytest.raises(ValueError):
        del span["colour"]
    changes = [span.clear, lambda: span.pop("colour"), lambda: span.update({"a": 1}), span.popitem]
    for change in changes:
        with pytest.raises(ValueError):
            change()


def test_a_copy_is_not_the_span(span: MessageSpan) -> None:
    span.copy()["colour"] = "blue"
    assert span["colour"] == "red"


def test_baggage_is_the_messages_own(span: MessageSpan) -> None:
    assert baggage.get_all() == baggage.get_all(span) == {"user": "7"}
    assert baggage.get_baggage("user") == "7"
    assert baggage.get_baggage("of") is None, "it belongs to the caller's trace"
    more = baggage.set_baggage("tenant", "8")
    assert baggage.get_all(more) == {"user": "7", "tenant": "8"}
    assert baggage.get_all(baggage.remove_baggage("user", more)) == {"tenant": "8"}
    assert baggage.get_all(baggage.clear(span)) == {}
    assert baggage.get_all() == {"user": "7"}


def test_without_baggage_there_is_none_and_not_the_callers(inbox: Inbox) -> None:
    with attached(baggage.set_baggage("of", "another trace")), inbox.take(("traceparent", PARENT)) as span:
        assert isinstance(span, MessageSpan)
        assert baggage.get_all() == {}
        assert list(span) == [_SPAN_KEY, MESSAGE_KEY]
        assert span.get(_BAGGAGE_KEY, "default") == "default"


def test_the_callers_context_is_back_afterwards(inbox: Inbox) -> None:
    outer = trace.set_span_in_context(NonRecordingSpan(AROUND))
    with attached(outer):
        with pytest.raises(ValueError, match="poison"), inbox.take():
            raise ValueError("poison")
        assert context.get_current() is outer


def test_another_thread_gets_it_by_a_copied_context(span: MessageSpan) -> None:
    seen: list[Span] = []
    thread = threading.Thread(
        target=contextvars.copy_context().run, args=(lambda: seen.append(trace.get_current_span()),)
    )
    thread.start()
    thread.join()
    assert seen == [span]
    assert seen[0] is span


async def test_a_task_begun_inside_has_it(inbox: Inbox) -> None:
    async def current() -> Span:
        await asyncio.sleep(0)
        return trace.get_current_span()

    with inbox.take() as span:
        inside = asyncio.create_task(current())
    assert await inside is span
    assert await current() is trace.INVALID_SPAN


async def test_left_in_another_context_than_entered_it_still_ends(inbox: Inbox, recorder: Recorder) -> None:
    span = inbox.take()

    async def enter() -> None:
        span.__enter__()

    await asyncio.create_task(enter())
    span.__exit__(None, None, None)
    assert len(recorder.spans("process")) == 1


# ---- as a span


def test_its_own_context_is_that_of_the_senders_trace(span: MessageSpan, traceparent: bytes) -> None:
    own = span.get_span_context()
    assert own.trace_id == int(traceparent[3:35], 16)
    assert own.trace_flags == int(traceparent[53:], 16)
    assert own.trace_state.to_header() == "a=1"
    assert not own.is_remote
    assert own.is_valid
    assert span.is_recording() == own.trace_flags.sampled


def test_it_can_be_given_to_the_api(span: MessageSpan) -> None:
    with trace.use_span(span):
        assert trace.get_current_span() is span
    held = trace.set_span_in_context(span, Context())
    assert trace.get_current_span(held) is span
    with attached(held):
        assert baggage.get_all() == {}, "this context is not the span's"
        assert trace.get_current_span() is span


def test_spans_of_the_users_own_provider_are_its_children(inbox: Inbox, recorder: Recorder) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with inbox.take(("traceparent", PARENT)) as span, provider.get_tracer("mine").start_as_current_span("child"):
        own = span.get_span_context()
    (child,) = exporter.get_finished_spans()
    assert (ids(child)[0], ids(child)[2]) == (own.trace_id, own.span_id)
    assert ids(recorder.span("process"))[:2] == (own.trace_id, own.span_id)


def test_two_spans_are_two(inbox: Inbox) -> None:
    with inbox.take() as first:
        pass
    with inbox.take() as second:
        pass
    assert first != second
    assert first in [second, first]
    assert first not in [second]
    assert len({first, second}) == 2, "spans are kept in sets and as keys"
    assert {first: 1, second: 2}[second] == 2


def test_it_does_not_show_itself_as_an_empty_dict(span: MessageSpan) -> None:
    assert repr(span) != "{}"
    assert "MessageSpan" in repr(span)


def test_an_own_context_is_local_and_has_no_state_where_none_came(inbox: Inbox) -> None:
    with inbox.take(("traceparent", PARENT)) as span:
        own = span.get_span_context()
    assert own.is_remote is False
    assert own.trace_state.to_header() == ""


def test_what_ends_it_is_named_unless_it_only_leaves(inbox: Inbox) -> None:
    with inbox.take() as left:
        assert isinstance(left, MessageSpan)
        left.failed(GeneratorExit())
        assert left.failure is None
    with inbox.take() as span:
        assert isinstance(span, MessageSpan)
        span.failed(KeyError("price"))
        assert span.failure == "KeyError"


def test_an_end_without_a_time_is_now_also_where_nobody_knows_the_span(
    inbox: Inbox, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    before = time.time_ns()
    with inbox.take() as span:
        assert isinstance(span, MessageSpan)
        span.receiver.open.clear()
        span.end()
        assert before <= span.ended_at <= time.time_ns()
    assert len(recorder.spans("process")) == 1
    assert not [record for record in caplog.records if record.name.startswith("kafkatrace")]


def test_what_is_recorded_ends_without_metrics_too(inbox: Inbox, recorder: Recorder) -> None:
    with inbox.take(("traceparent", PARENT)) as span:
        assert isinstance(span, MessageSpan)
        span.receiver.metrics_enabled = False
        span.end()
    assert len(recorder.spans("process")) == 1


def test_what_keeps_it_from_ending_is_logged(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "kafkatrace"), inbox.take() as span:
        assert isinstance(span, MessageSpan)
        mine, span.receiver = span.receiver, None  # type: ignore[assignment] # a handler may do so
        span.end()
        span.receiver = mine
    (record,) = [record for record in caplog.records if record.name == "kafkatrace.spans.message_span"]
    assert record.getMessage() == "a span could not be ended"
    assert record.exc_info and record.exc_info[0] is AttributeError
