from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafkatrace.spans.details import Details
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits
from opentelemetry.trace import Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from tests.unit.kafkatrace.handmade import Inbox
from tests.unit.kafkatrace.recording import UNSAMPLED, Recorder, say

OTHER = SpanContext(0xA, 0xB, True, TraceFlags(1), TraceState([("a", "1")]))
LIMITS = (
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_EVENT_COUNT_LIMIT",
    "OTEL_SPAN_LINK_COUNT_LIMIT",
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
)
Handle = Callable[[Span], object]


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LIMITS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def inbox(recorder: Recorder) -> Inbox:
    return Inbox(recorder.tracing)


def handled(*work: Handle) -> ReadableSpan:
    """The process span after a handler did this with it."""
    recorder = Recorder()
    with Inbox(recorder.tracing).take() as span:
        for each in work:
            each(span)
    (found,) = [each for each in recorder.spans() if each.kind is SpanKind.CONSUMER]
    return found


def told(span: ReadableSpan) -> dict[str, Any]:
    return {name: value for name, value in (span.attributes or {}).items() if name.startswith("my.")}


def test_attributes() -> None:
    span = handled(
        lambda span: span.set_attribute("my.one", 1),
        lambda span: span.set_attributes({"my.list": ["a", "b"], "my.yes": True, "my.map": {"a": b"x"}}),
        lambda span: span.set_attribute("my.one", 2),
    )
    assert told(span) == {"my.list": ("a", "b"), "my.yes": True, "my.map": {"a": b"x"}, "my.one": 2}
    assert say(span, "messaging.operation.name") == "process"


def test_more_attributes_than_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2")
    span = handled(lambda span: span.set_attributes({f"my.{n}": n for n in range(5)}))
    assert told(span) == {"my.3": 3, "my.4": 4}
    assert span.dropped_attributes == 3
    assert say(span, "messaging.system") == "kafka", "the limit is for the handler's own"


def test_long_values_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")
    span = handled(
        lambda span: span.set_attribute("my.text", "abcdef"),
        lambda span: span.add_event("e", {"text": "abcdef"}),
        lambda span: span.add_link(OTHER, {"text": "abcdef"}),
    )
    assert told(span) == {"my.text": "abc"}
    (event,), (link,) = span.events, span.links
    assert dict(event.attributes or {}) == dict(link.attributes or {}) == {"text": "abc"}


def test_events_with_and_without_a_time() -> None:
    span = handled(lambda span: span.add_event("first", {"n": 1}, 5), lambda span: span.add_event("then"))
    first, then = span.events
    assert (first.name, first.timestamp, dict(first.attributes or {})) == ("first", 5, {"n": 1})
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.start_time <= then.timestamp <= span.end_time


def test_a_senseless_time_harms_neither_the_handler_nor_the_span() -> None:
    span = handled(lambda span: span.add_event("e", timestamp=-1), lambda span: span.end(-1))
    assert (span.events[0].timestamp, span.end_time) == (0, 0)


def test_more_events_than_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "2")
    span = handled(*[lambda span: span.add_event("e")] * 5)
    assert (len(span.events), span.dropped_events) == (2, 3)


def test_links() -> None:
    span = handled(lambda span: span.add_link(OTHER, {"n": 1}), lambda span: span.add_link(SpanContext(0, 0, False)))
    (link,) = span.links
    assert link.context == OTHER
    assert dict(link.attributes or {}) == {"n": 1}
    assert span.dropped_links == 0


def test_more_links_than_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SPAN_LINK_COUNT_LIMIT", "1")
    span = handled(*[lambda span: span.add_link(OTHER)] * 3)
    assert (len(span.links), span.dropped_links) == (1, 2)


def test_what_an_event_and_a_link_leave_out_is_counted_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "1")
    monkeypatch.setenv("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "1")
    pairs = {"a": 1, "b": 2, "c": 3}
    span = handled(lambda span: span.add_event("e", pairs), lambda span: span.add_link(OTHER, pairs))
    (event,), (link,) = span.events, span.links
    assert dict(event.attributes or {}) == dict(link.attributes or {}) == {"c": 3}
    assert (event.dropped_attributes, link.dropped_attributes) == (2, 2)


def test_another_name() -> None:
    span = handled(lambda span: span.update_name("bill an order"))
    assert span.name == "bill an order"
    assert say(span, "messaging.destination.name") == "t"
    assert say(span, "messaging.kafka.offset") == 7


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], (StatusCode.UNSET, None)),
        ([StatusCode.ERROR], (StatusCode.ERROR, None)),
        ([Status(StatusCode.ERROR, "broken")], (StatusCode.ERROR, "broken")),
        ([Status(StatusCode.ERROR, "broken"), StatusCode.UNSET], (StatusCode.ERROR, "broken")),
        ([Status(StatusCode.ERROR, "broken"), Status(StatusCode.ERROR, "more")], (StatusCode.ERROR, "more")),
        ([Status(StatusCode.ERROR, "broken"), StatusCode.OK], (StatusCode.OK, None)),
        ([StatusCode.OK, Status(StatusCode.ERROR, "broken"), StatusCode.UNSET], (StatusCode.OK, None)),
    ],
)
def test_the_status_of_which_ok_is_final(
    given: list[Status | StatusCode], expected: tuple[StatusCode, str | None]
) -> None:
    status = handled(*[lambda span, each=each: span.set_status(each) for each in given]).status
    assert (status.status_code, status.description) == expected


def test_a_status_with_its_description_beside_it() -> None:
    status = handled(lambda span: span.set_status(StatusCode.ERROR, "broken")).status
    assert (status.status_code, status.description) == (StatusCode.ERROR, "broken")


def test_an_exception_that_the_handler_dealt_with() -> None:
    span = handled(lambda span: span.record_exception(KeyError("price"), {"n": 1}, 5, escaped=True))
    (event,) = span.events
    attributes = dict(event.attributes or {})
    assert (event.name, event.timestamp) == ("exception", 5)
    assert str(attributes.pop("exception.stacktrace")).endswith("KeyError: 'price'\n")
    assert attributes == {
        "exception.type": "KeyError",
        "exception.message": "'price'",
        "exception.escaped": "True",
        "n": 1,
    }
    assert span.status.status_code is StatusCode.UNSET
    assert say(span, "error.type") is None


def test_an_exception_that_ends_the_span_does_not_undo_ok(recorder: Recorder, inbox: Inbox) -> None:
    with pytest.raises(ValueError, match="late"), inbox.take() as span:
        span.set_status(StatusCode.OK)
        raise ValueError("late")
    found = recorder.span("process")
    assert found.status.status_code is StatusCode.OK
    assert say(found, "error.type") == "ValueError"
    assert [event.name for event in found.events] == ["exception"]


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_an_exception_without_words_still_ends_the_span_and_goes_on(recorder: Recorder, inbox: Inbox) -> None:
    with pytest.raises(UnspeakableError), inbox.take():
        raise UnspeakableError
    assert str(say(recorder.span("process"), "error.type")).endswith("UnspeakableError")


EVERYTHING: list[Handle] = [
    lambda span: span.set_attribute("my.late", 1),
    lambda span: span.set_attributes({"my.late": 1}),
    lambda span: span.add_event("late"),
    lambda span: span.add_link(OTHER),
    lambda span: span.update_name("late"),
    lambda span: span.set_status(StatusCode.ERROR, "late"),
    lambda span: span.record_exception(ValueError("late")),
    lambda span: span.end(),
]


def test_after_the_end_all_is_ignored(recorder: Recorder, inbox: Inbox) -> None:
    with inbox.take() as span:
        span.end(5)
        for work in EVERYTHING:
            work(span)
    for work in EVERYTHING:
        work(span)
    assert not span.is_recording()
    (found,) = recorder.spans("process")
    assert (found.name, found.end_time, told(found)) == ("process t", 5, {})
    assert (found.events, found.links, found.status.status_code) == ((), (), StatusCode.UNSET)


def test_on_an_unsampled_span_all_is_ignored(recorder: Recorder, inbox: Inbox) -> None:
    with pytest.raises(ValueError, match="poison"), inbox.take(("traceparent", UNSAMPLED)) as span:
        assert not span.is_recording()
        for work in EVERYTHING:
            work(span)
        raise ValueError("poison")
    assert recorder.spans() == []


@pytest.fixture
def both(recorder: Recorder, unsampled: Recorder) -> Iterator[list[Inbox]]:
    yield [Inbox(recorder.tracing), Inbox(unsampled.tracing)]


def test_nothing_is_kept_of_a_span_that_is_not_recorded(both: list[Inbox]) -> None:
    sampled, unsampled = both
    with sampled.take() as first, unsampled.take() as second:
        for span in (first, second):
            span.set_attribute("my.x", 1)
    assert first.details is not None  # type: ignore[attr-defined] # of MessageSpan
    assert second.details is None  # type: ignore[attr-defined] # likewise


@pytest.mark.parametrize(("given", "told"), [(-1, 0), (0, 0), (1.5, 1), (1 << 64, (1 << 63) - 1), (-(1 << 64), 0)])
def test_an_end_that_is_no_time_ends_the_span(given: Any, told: int) -> None:
    seen: list[bool] = []
    span = handled(lambda span: span.end(given), lambda span: seen.append(span.is_recording()))
    assert (span.end_time, seen) == (told, [False])


def test_a_link_within_the_process_to_a_span_that_is_not_sampled() -> None:
    here = SpanContext(0xA, 0xB, False, TraceFlags(0))
    (link,) = handled(lambda span: span.add_link(here)).links
    assert (link.context.is_remote, link.context.trace_flags) == (False, 0)


def test_nothing_added_is_nothing_written() -> None:
    assert Details(SpanLimits()).encode() == b""


def test_an_exception_that_ended_the_span_is_its_event_and_its_status(recorder: Recorder, inbox: Inbox) -> None:
    with pytest.raises(KeyError), inbox.take():
        raise KeyError("price")
    found = recorder.span("process")
    (event,) = found.events
    attributes = dict(event.attributes or {})
    assert (attributes["exception.type"], attributes["exception.message"]) == ("KeyError", "'price'")
    assert attributes["exception.escaped"] == "False"
    assert (found.status.status_code, found.status.description) == (StatusCode.ERROR, "'price'")


def test_an_exception_that_the_handler_records_did_not_escape() -> None:
    (event,) = handled(lambda span: span.record_exception(KeyError("price"))).events
    assert (event.attributes or {})["exception.escaped"] == "False"
