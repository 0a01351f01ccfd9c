"""Messages that nobody sampled and that were slow, or failed: they have their queue and process spans."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from typing import Any, Final

import pytest
from confluent_kafka import Message
from kafkatrace.spans.message_span import MessageSpan
from opentelemetry import trace
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, detach, set_value
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import Status, StatusCode

from tests.unit.kafkatrace.handmade import Inbox
from tests.unit.kafkatrace.recording import PARENT, UNSAMPLED, Recorder, ids, linked, say

KEPT: Final = "kafkatrace.kept"
TRACE, SPAN = int(PARENT[3:35], 16), int(PARENT[36:52], 16)
LIMIT: Final = 10.0
Process = Callable[..., AbstractContextManager[Any]]


def record(seconds_ago: float, traceparent: bytes | None = UNSAMPLED, kind: int = 1) -> Message:
    """Make a record with a timestamp so long ago."""
    stamp = kind, round((time.time() - seconds_ago) * 1000)
    headers: Any = None if traceparent is None else [("traceparent", traceparent)]
    return Message(topic="t", partition=3, offset=7, key=b"k", value=b"v", timestamp=stamp, headers=headers)


class Case:
    """A consumer that keeps, and what became of its messages."""

    def __init__(self, *, is_linked: bool = False, **configured: Any) -> None:
        self.recorder = Recorder(0, **configured)
        self.inbox = Inbox(self.recorder.tracing, linked=is_linked)

    def handle(self, message: Message, error: BaseException | None = None) -> None:
        with suppress(BaseException), self.inbox.process(message):
            if error is not None:
                raise error

    def spans(self) -> dict[str, ReadableSpan]:
        """Spans by the first word of their names, of one message at most."""
        spans = self.recorder.spans()
        found = {span.name.split()[0]: span for span in spans}
        assert len(found) == len(spans)
        return found

    def reasons(self) -> set[object]:
        """Why both spans were kept; empty where there are none."""
        spans = self.spans()
        assert spans.keys() in ({"queue", "process"}, set())
        return {say(span, KEPT) for span in spans.values()}


@pytest.fixture
def make() -> Iterator[Callable[..., Case]]:
    made: list[Case] = []

    def make(**configured: Any) -> Case:
        made.append(Case(**({"keep_slower_than": LIMIT, "keep_errors": True} | configured)))
        return made[-1]

    yield make
    for case in made:
        case.recorder.tracing.shutdown()


@pytest.fixture
def case(make: Callable[..., Case]) -> Case:
    return make()


Make = Callable[..., Case]


def test_a_slow_message_has_both_spans_in_its_senders_trace(case: Case) -> None:
    case.handle(record(20))
    queue, process = case.spans()["queue"], case.spans()["process"]
    assert ids(queue) == (TRACE, ids(queue)[1], None), "a root: no back end has its parent"
    assert ids(process) == (TRACE, ids(process)[1], ids(queue)[1])
    assert len({ids(queue)[1], ids(process)[1], SPAN}) == 3
    assert say(queue, KEPT) == say(process, KEPT) == "slow"
    assert say(queue, "kafkatrace.unsampled_parent.trace_id") == f"{TRACE:032x}"
    assert say(queue, "kafkatrace.unsampled_parent.span_id") == f"{SPAN:016x}"
    assert all(span.get_span_context().trace_flags.sampled for span in (queue, process))  # type: ignore[union-attr]
    assert case.recorder.tracing.shutdown() == (case.recorder.tracing.flush())
    result = case.recorder.tracing.shutdown()
    assert (result.exported, result.dropped) == (2, 0)


def test_one_that_is_not_exported_counts_as_dropped(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case.recorder.exporter, "export", lambda spans: SpanExportResult.FAILURE)
    case.handle(record(20))
    result = case.recorder.tracing.shutdown(30)
    assert (result.exported, result.dropped) == (0, 2)


def test_it_says_what_a_sampled_one_says(make: Make) -> None:
    slow, sampled = make(), make()
    stamp = 1, round((time.time() - 20) * 1000)
    for case, traceparent in ((slow, UNSAMPLED), (sampled, PARENT)):
        headers: Any = [("traceparent", traceparent)]
        case.handle(Message(topic="t", partition=3, offset=7, key=b"k", timestamp=stamp, headers=headers))
    own = {KEPT, "kafkatrace.unsampled_parent.trace_id", "kafkatrace.unsampled_parent.span_id"}
    for name in ("queue", "process"):
        ours, theirs = (dict(each.spans()[name].attributes or {}) for each in (slow, sampled))
        assert theirs.keys() & own == set()
        assert ours.keys() - own == theirs.keys()
        changing = own | {"kafkatrace.queue.duration_ms", "kafkatrace.since_timestamp.duration_ms"}
        assert {key: ours[key] for key in ours.keys() - changing} == {
            key: theirs[key] for key in theirs.keys() - changing
        }


@pytest.mark.parametrize("kind", [1, 2])
def test_one_in_time_has_none(case: Case, kind: int) -> None:
    case.handle(record(LIMIT / 2, kind=kind))
    assert case.spans() == {}


def test_one_that_becomes_slow_in_its_handler_is_slow(make: Make) -> None:
    case = make(keep_slower_than=0.001)
    with case.inbox.process(record(-3600)):  # a clock that is ahead: it counts from the poll
        time.sleep(0.002)
    assert case.reasons() == {"slow"}


def test_a_timestamp_ahead_of_our_clock_counts_from_the_poll(case: Case) -> None:
    message = record(-3600)
    case.inbox.receiver.polled.at(message, time.time_ns() - round(LIMIT * 2e9))
    case.handle(message)
    assert case.reasons() == {"slow"}
    assert say(case.spans()["queue"], "kafkatrace.clock_skew") is True


@pytest.mark.parametrize(("polled_ago", "reasons"), [(LIMIT / 2, set()), (LIMIT * 2, {"slow"})])
def test_without_a_timestamp_it_counts_from_the_poll(case: Case, polled_ago: float, reasons: set[object]) -> None:
    message = record(3600, kind=0)
    case.inbox.receiver.polled.at(message, time.time_ns() - round(polled_ago * 1e9))
    case.handle(message)
    assert case.reasons() == reasons


@pytest.mark.parametrize("ago", [0, 20])
def test_one_that_failed_says_how(case: Case, ago: float) -> None:
    case.handle(record(ago), KeyError("customer"))
    process = case.spans()["process"]
    assert case.reasons() == {"error"}
    assert process.status.status_code is StatusCode.ERROR
    assert say(process, "error.type") == "KeyError"
    assert [event.name for event in process.events] == ["exception"]


def test_a_slow_one_that_failed_says_how_though_errors_are_not_kept(make: Make) -> None:
    case = make(keep_errors=False)
    case.handle(record(20), KeyError("customer"))
    assert case.reasons() == {"slow"}
    assert say(case.spans()["process"], "error.type") == "KeyError"


@pytest.mark.parametrize(
    ("ago", "error", "configured"), [(20, None, {"keep_slower_than": None}), (0, KeyError(), {"keep_errors": None})]
)
def test_each_is_kept_by_its_own_setting(make: Make, ago: float, error: Any, configured: dict[str, Any]) -> None:
    case = make(**configured)
    case.handle(record(ago), error)
    assert case.spans() == {}


@pytest.mark.parametrize("error", [GeneratorExit(), asyncio.CancelledError()])
def test_leaving_is_no_failure(case: Case, error: BaseException) -> None:
    case.handle(record(0), error)
    assert case.spans() == {}


@pytest.mark.parametrize(
    ("statuses", "reasons"),
    [([StatusCode.ERROR], {"error"}), ([StatusCode.ERROR, StatusCode.OK], set()), ([StatusCode.OK], set())],
)
@pytest.mark.parametrize("ends", [False, True])
def test_a_handler_that_says_so_has_failed(
    case: Case, statuses: list[StatusCode], reasons: set[object], ends: bool
) -> None:
    with case.inbox.process(record(0)) as span:
        for status in statuses:
            span.set_status(Status(status, "no such customer" if status is StatusCode.ERROR else None))
        if ends:
            span.end()
    assert case.reasons() == reasons


def test_an_exception_that_the_handler_dealt_with_is_no_failure(case: Case) -> None:
    with case.inbox.process(record(0)) as span:
        span.record_exception(KeyError("customer"))
    assert case.spans() == {}


def test_what_the_handler_adds_is_there(case: Case) -> None:
    with case.inbox.process(record(20)) as span:
        assert span.is_recording()
        assert not span.get_span_context().trace_flags.sampled
        span.set_attribute("order.id", 1)
        span.add_event("packed")
        span.update_name("bill the order")
    assert not span.is_recording()
    (bill,) = [each for name, each in case.spans().items() if name == "bill"]
    assert say(bill, "order.id") == 1
    assert [event.name for event in bill.events] == ["packed"]


def test_without_late_keep_an_unsampled_span_takes_nothing(make: Make) -> None:
    case = make(keep_slower_than=None, keep_errors=None)
    with case.inbox.process(record(20)) as span:
        assert not span.is_recording()
    assert case.spans() == {}


def test_what_is_drawn_inside_is_as_unsampled_as_ever(case: Case) -> None:
    with case.inbox.process(record(20)) as span:
        before = span.get_span_context()
        with case.recorder.tracing.tracer.start_as_current_span("query") as child:
            assert not child.is_recording()
    assert trace.get_current_span() is trace.INVALID_SPAN
    assert span.get_span_context() == before, "whoever still has the span goes on unsampled"
    assert case.spans().keys() == {"queue", "process"}


@pytest.mark.parametrize("traceparent", [None, b"broken"])
def test_one_without_a_sender_is_a_trace_of_its_own(case: Case, traceparent: bytes | None) -> None:
    with case.inbox.process(record(20, traceparent)) as span:
        context = span.get_span_context()
    queue, process = case.spans()["queue"], case.spans()["process"]
    assert ids(queue) == (context.trace_id, ids(queue)[1], None)
    assert ids(process) == (context.trace_id, context.span_id, ids(queue)[1]), "what it sent names it"
    assert say(queue, "kafkatrace.unsampled_parent.span_id") is None


@pytest.mark.parametrize("traceparent", [UNSAMPLED, PARENT])
def test_a_linked_one_has_its_process_span_in_a_trace_of_its_own(make: Make, traceparent: bytes) -> None:
    case = make(is_linked=True)
    case.handle(record(20, traceparent))
    queue, process = case.spans()["queue"], case.spans()["process"]
    assert case.reasons() == {"slow"}
    assert ids(queue) == (TRACE, ids(queue)[1], SPAN if traceparent is PARENT else None)
    assert ids(process)[0] != TRACE
    assert ids(process)[2] is None
    assert linked(process) == {(TRACE, SPAN)}


def test_where_only_our_sampler_said_no_the_queue_span_has_its_parent(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    recorder = Recorder(None, keep_slower_than=LIMIT)
    with Inbox(recorder.tracing).process(record(20, PARENT)):
        pass
    assert ids(recorder.span("queue"))[2] == SPAN
    assert say(recorder.span("queue"), "kafkatrace.unsampled_parent.span_id") is None
    assert say(recorder.span("process"), KEPT) == "slow"


def test_one_that_is_sampled_is_not_kept_late(case: Case) -> None:
    case.handle(record(20, PARENT), KeyError())
    assert case.reasons() == {None}


def test_a_tracestate_stays_with_its_trace(case: Case) -> None:
    message = record(20)
    headers: Any = [("traceparent", UNSAMPLED), ("tracestate", b"vendor=1")]
    message.set_headers(headers)
    case.handle(message)
    for span in case.spans().values():
        assert span.get_span_context().trace_state.to_header() == "vendor=1"  # type: ignore[union-attr]


def test_what_is_left_out_is_not_kept(make: Make) -> None:
    case = make(exclude_topics=["t"])
    case.handle(record(20), KeyError())
    assert case.spans() == {}


def test_what_is_suppressed_is_not_kept(case: Case) -> None:
    token = attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
    try:
        case.handle(record(20), KeyError())
    finally:
        detach(token)
    assert case.spans() == {}


@pytest.mark.parametrize("error", [None, KeyError()])
def test_the_metrics_are_as_without(make: Make, error: Any) -> None:
    counted = []
    for configured in ({}, {"keep_slower_than": None, "keep_errors": None}):
        case = make(**configured)
        for ago in (0, 20):
            case.handle(record(ago), error)
        case.recorder.tracing.flush(30)
        counted.append(_counts(case))
    assert counted[0] == counted[1]
    assert counted[0]


def _counts(case: Case) -> dict[tuple[str, str], int]:
    """How many each histogram has counted."""
    return {
        (metric.name, str(point.attributes)): point.count
        for group in case.recorder.tracing.collect_metrics().resource_metrics
        for scope in group.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
        if hasattr(point, "count")
    }


def test_without_metrics_it_is_kept_all_the_same(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    case = make()
    case.handle(record(20))
    assert case.reasons() == {"slow"}


@pytest.mark.parametrize("ago", [0, 20])
def test_the_message_is_not_kept_in_memory(case: Case, ago: float) -> None:
    message = record(ago)
    before = sys.getrefcount(message)
    with case.inbox.process(message) as span:
        assert sys.getrefcount(message) == before + 1
    assert sys.getrefcount(message) == before
    assert isinstance(span, MessageSpan)
