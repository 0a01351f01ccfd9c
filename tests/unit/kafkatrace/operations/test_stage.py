from typing import Final

import kafkatrace
import pytest
from kafkatrace import Stage
from kafkatrace.tracing import Tracing
from opentelemetry import baggage, trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import SpanContext, SpanKind, StatusCode, TraceFlags

from tests.unit.kafkatrace.recording import PARENT, UNSAMPLED, Recorder, ids, linked, say

TRACE: Final = int(PARENT[3:35], 16)
SPAN: Final = int(PARENT[36:52], 16)
BEGUN: Final = 1_700_000_000_000_000_000


def linked_to(flags: int = TraceFlags.SAMPLED) -> SpanContext:
    return SpanContext(TRACE, SPAN, is_remote=True, trace_flags=TraceFlags(flags))


def test_a_step_is_a_child_of_the_context_that_came_with_the_record(recorder: Recorder) -> None:
    with Stage("total", {"operator": "sum"}, tracing=recorder.tracing).continue_trace(
        [("traceparent", PARENT)]
    ) as span:
        span.set_attribute("customer", "c")
    total = recorder.span("total")
    assert (ids(total)[0], ids(total)[2]) == (TRACE, SPAN)
    assert total.kind is SpanKind.INTERNAL
    assert dict(total.attributes or {}) == {"operator": "sum", "customer": "c"}
    assert total.parent is not None
    assert total.parent.is_remote


def test_what_context_headers_makes_inside_goes_on_with_the_step(recorder: Recorder) -> None:
    given = [("traceparent", PARENT), ("tracestate", b"v=1"), ("baggage", b"tenant=acme")]
    with Stage("total", tracing=recorder.tracing).continue_trace(list(given)):
        assert baggage.get_baggage("tenant") == "acme"
        made = dict(kafkatrace.context_headers())
    total = recorder.span("total")
    assert made == {
        "traceparent": b"00-%032x-%016x-01" % ids(total)[:2],
        "tracestate": b"v=1",
        "baggage": b"tenant=acme",
    }
    context = total.get_span_context()
    assert context is not None
    assert context.trace_state.get("v") == "1"


@pytest.mark.parametrize("headers", [None, [], [("traceparent", b"strange")]])
def test_without_a_context_a_step_is_a_trace_of_its_own(
    recorder: Recorder, headers: list[tuple[str, bytes]] | None
) -> None:
    with Stage("total", tracing=recorder.tracing).continue_trace(headers):  # type: ignore[arg-type] # bytes are values
        pass
    assert ids(recorder.span("total"))[2] is None


def test_an_unsampled_record_makes_no_span_and_its_context_goes_on(recorder: Recorder) -> None:
    with Stage("total", tracing=recorder.tracing).continue_trace([("traceparent", UNSAMPLED)]) as span:
        assert not span.is_recording()
        assert dict(kafkatrace.context_headers())["traceparent"] == UNSAMPLED
    assert recorder.spans() == []


def test_an_exception_is_recorded_and_goes_on(recorder: Recorder) -> None:
    with pytest.raises(KeyError), Stage("total", tracing=recorder.tracing).continue_trace(None) as span:
        span.update_name("sum")
        raise KeyError
    total = recorder.span("sum")
    assert total.status.status_code is StatusCode.ERROR
    assert say(total, "error.type") == "KeyError"


def test_joined_work_is_a_trace_of_its_own_with_links(recorder: Recorder) -> None:
    with Stage("window", tracing=recorder.tracing).batch_span([linked_to()], 40, BEGUN):
        pass
    window = recorder.span("window")
    assert ids(window)[0] != TRACE
    assert ids(window)[2] is None
    assert linked(window) == {(TRACE, SPAN)}
    assert say(window, "messaging.batch.message_count") == 40
    assert window.start_time == BEGUN


@pytest.mark.parametrize(("flags", "spans"), [(TraceFlags.SAMPLED, 1), (TraceFlags.DEFAULT, 0)])
def test_joined_work_is_sampled_if_some_of_it_is(unsampled: Recorder, flags: int, spans: int) -> None:
    with Stage("window", tracing=unsampled.tracing).batch_span([linked_to(flags)], 1, BEGUN):
        pass
    assert len(unsampled.spans()) == spans


def test_suppressed_there_is_no_span(tracing: Tracing) -> None:
    stage = Stage("total", tracing=tracing)
    with (
        suppress_instrumentation(),
        stage.continue_trace(None) as one,
        stage.batch_span([], 1, BEGUN) as many,
    ):
        assert one is many is trace.INVALID_SPAN


def test_every_span_is_exported_or_shows_as_dropped(recorder: Recorder) -> None:
    stage = Stage("total", tracing=recorder.tracing)
    with stage.continue_trace(None):
        pass
    stage.continue_trace(None)  # never ended
    assert recorder.tracing.shutdown() == kafkatrace.FlushResult(exported=1, dropped=1)
