from typing import Any

from tracedpipeline.jaeger import traces, waterfall
from tracedpipeline.jaeger.traces import Span

MS = 1_000_000
SEND = Span("t1", "s1", "", "orders-producer", "send topic", 0, 10 * MS)
QUEUE = Span("t1", "q1", "s1", "orders-kafka", "queue topic", 10 * MS, 15 * MS)
PROCESS = Span("t1", "p1", "q1", "orders-consumer", "process topic", 15 * MS, 40 * MS)
JOURNEY = [SEND, QUEUE, PROCESS]


def changed(span: Span, **values: Any) -> Span:
    return Span(**{**vars(span), **values})


def test_the_newest_journey_comes_first_by_the_consumers_clock() -> None:
    newer = [changed(span, trace_id="t2", start=span.start + 100 * MS, end=span.end + 100 * MS) for span in JOURNEY]
    older = [changed(SEND, start=900 * MS, end=901 * MS), QUEUE, PROCESS]  # by a clock that is ahead
    found = traces.journeys("orders", [*older, *newer])
    assert [journey.last_trace.trace_id for journey in found] == ["t2", "t1"]


def test_a_trace_that_two_queries_found_has_each_span_once() -> None:
    assert traces.by_trace([*JOURNEY, *JOURNEY]) == {"t1": JOURNEY}


def test_otlp_json() -> None:
    span = {
        "traceId": "t1",
        "spanId": "s1",
        "name": "send topic",
        "startTimeUnixNano": "0",
        "endTimeUnixNano": "10000000",
    }
    service = {"attributes": [{"key": "service.name", "value": {"stringValue": "orders-producer"}}]}
    document = {"resourceSpans": [{"resource": service, "scopeSpans": [{"spans": [span]}]}]}
    assert traces.spans(document) == [SEND]


def test_the_waterfall() -> None:
    lines = waterfall.draw([PROCESS, SEND, QUEUE], 40.0).splitlines()
    assert lines[0] == "trace t1   end to end 40.0 ms"
    assert [line.split("│")[0].split()[1] for line in lines[2:]] == ["send", "queue", "process"]
    assert [line.split("│")[1].count("█") for line in lines[2:]] == [8, 4, 20]
    assert lines[3].endswith("10.0 +5.0 ms")
    assert max(map(len, lines)) <= 100
