from typing import Any

import pytest
from tracedpipeline import reasons, traces, waterfall
from tracedpipeline.traces import Span

MS = 1_000_000
SEND = Span("t1", "s1", "", "orders-producer", "send topic", 0, 10 * MS)
QUEUE = Span("t1", "q1", "s1", "orders-kafka", "queue topic", 10 * MS, 15 * MS)
PROCESS = Span("t1", "p1", "q1", "orders-consumer", "process topic", 15 * MS, 40 * MS)
JOURNEY = [SEND, QUEUE, PROCESS]


def changed(span: Span, **values: Any) -> Span:
    return Span(**{**vars(span), **values})


def test_a_connected_trace_flows() -> None:
    verdict, last = traces.judge("orders", JOURNEY, JOURNEY)
    assert verdict.reason == reasons.FLOWING
    assert last
    assert (last.trace_id, last.end_to_end_milliseconds) == ("t1", 40.0)


@pytest.mark.parametrize(
    ("consumed", "produced", "reason"),
    [
        ([], [], reasons.NO_PRODUCER_SPANS),
        ([], [SEND], reasons.NO_CONSUMER_SPANS),
        ([changed(PROCESS, parent_id="")], [SEND], reasons.TRACES_NOT_CONNECTED),
        ([changed(PROCESS, trace_id="t2"), QUEUE], [SEND], reasons.TRACES_NOT_CONNECTED),
        ([changed(PROCESS, parent_id="s1"), QUEUE, SEND], [SEND], reasons.TRACES_NOT_CONNECTED),
        ([PROCESS, changed(QUEUE, service="other-kafka"), SEND], [SEND], reasons.TRACES_NOT_CONNECTED),
        ([PROCESS, QUEUE], [SEND], reasons.FLOWING),
    ],
    ids=[
        "silence",
        "no consumer",
        "process is a root",
        "another trace",
        "no queue span between",
        "another cluster's queue",
        "send known from the producer's query",
    ],
)
def test_the_reason_names_the_broken_hop(consumed: list[Span], produced: list[Span], reason: str) -> None:
    assert traces.judge("orders", consumed, produced)[0].reason == reason


def test_the_newest_connected_trace_counts() -> None:
    newer = [changed(span, trace_id="t2", start=span.start + 100 * MS, end=span.end + 100 * MS) for span in JOURNEY]
    _, last = traces.judge("orders", [*newer, *JOURNEY], [])
    assert last
    assert last.trace_id == "t2"


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
    lines = waterfall.draw([PROCESS, SEND, QUEUE]).splitlines()
    assert lines[0] == "trace t1   end to end 40.0 ms"
    assert [line.split("│")[0].split()[1] for line in lines[2:]] == ["send", "queue", "process"]
    assert [line.split("│")[1].count("█") for line in lines[2:]] == [8, 4, 20]
    assert lines[3].endswith("10.0 +5.0 ms")
    assert max(map(len, lines)) <= 100
