from typing import Any

import pytest
from tracedpipeline.jaeger import traces, waterfall
from tracedpipeline.jaeger.traces import Span
from tracedpipeline.untrusted.documents import DocumentError

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
    assert [(journey.send, journey.queue, journey.process) for journey in found] == [tuple(newer), tuple(older)]


@pytest.mark.parametrize(
    "broken",
    [
        [SEND, QUEUE],
        [SEND, PROCESS],
        [QUEUE, PROCESS],
        [changed(SEND, service="gateway"), QUEUE, PROCESS],
        [changed(SEND, name="sending topic"), QUEUE, PROCESS],
        [SEND, changed(QUEUE, service="other-kafka"), PROCESS],
        [SEND, QUEUE, changed(PROCESS, service="other-consumer")],
        [SEND, QUEUE, changed(PROCESS, name="commit topic")],
        [changed(SEND, trace_id="t2"), QUEUE, PROCESS],
        [SEND, changed(QUEUE, trace_id="t2"), PROCESS],
    ],
)
def test_a_journey_is_of_this_pipelines_send_queue_and_process(broken: list[Span]) -> None:
    assert [journey.process for journey in traces.journeys("orders", JOURNEY)] == [PROCESS]
    assert traces.journeys("orders", broken) == []


@pytest.mark.parametrize(
    ("found", "top"),
    [
        ([PROCESS], [PROCESS]),
        ([QUEUE, PROCESS], [QUEUE]),
        ([changed(SEND, trace_id="t2"), QUEUE, PROCESS], [QUEUE]),
        ([SEND, changed(QUEUE, trace_id="t2"), PROCESS], [PROCESS]),
        (JOURNEY, []),
        ([QUEUE], []),
        ([changed(PROCESS, parent_id="")], []),
        ([changed(QUEUE, parent_id=""), PROCESS], []),
        ([changed(QUEUE, service="other-kafka"), PROCESS], []),
        ([QUEUE, changed(PROCESS, name="commit topic")], []),
    ],
)
def test_the_uppermost_span_waits_for_its_parent(found: list[Span], top: list[Span]) -> None:
    assert traces.awaiting_parent("orders", found) == top


def test_a_trace_that_two_queries_found_has_each_span_once() -> None:
    assert traces.by_trace([*JOURNEY, *JOURNEY]) == {"t1": JOURNEY}


OTLP: dict[str, Any] = {
    "traceId": "t1",
    "spanId": "s1",
    "name": "send topic",
    "startTimeUnixNano": "0",
    "endTimeUnixNano": "10000000",
}


def read(*found: dict[str, Any], resource: Any = None) -> list[Span]:
    return traces.spans({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(found)}]}]})


def test_otlp_json() -> None:
    service = {"key": "service.name", "value": {"stringValue": "orders-producer"}}
    host = {"key": "host.name", "value": {"stringValue": "node-7"}}
    assert read(OTLP, resource={"attributes": [host, service]}) == [SEND]


def test_all_spans_of_all_scopes_and_resources_are_read() -> None:
    spans = [OTLP | {"spanId": each} for each in "abcdef"]
    scopes = [{"spans": spans[:1]}, {"spans": spans[1:3]}, {"spans": spans[3:5]}]
    resources = [{"scopeSpans": scopes[:2]}, {"scopeSpans": scopes[2:]}, {"scopeSpans": [{"spans": spans[5:]}]}]
    assert [span.span_id for span in traces.spans({"resourceSpans": resources})] == list("abcdef")


@pytest.mark.parametrize("resource", [None, {}, {"attributes": []}, {"attributes": [{"key": "service.name"}]}])
def test_what_a_document_leaves_out_is_empty(resource: Any) -> None:
    (span,) = read({key: value for key, value in OTLP.items() if key != "name"}, resource=resource)
    assert (span.service, span.name, span.parent_id, span.place, span.error) == ("", "", "", None, "")


@pytest.mark.parametrize("field", ["traceId", "spanId", "startTimeUnixNano", "endTimeUnixNano"])
def test_a_span_without_ids_or_times_is_named_by_what_it_lacks(field: str) -> None:
    with pytest.raises(DocumentError, match=f"^{field} is "):
        read({key: value for key, value in OTLP.items() if key != field})


@pytest.mark.parametrize(
    ("partition", "offset", "place"),
    [
        ({"stringValue": "7"}, {"intValue": "42"}, (7, 42)),
        ({"stringValue": "0"}, {"intValue": 0}, (0, 0)),
        ({"stringValue": "123456789"}, {"intValue": "42"}, (123456789, 42)),
        ({"stringValue": "1234567890"}, {"intValue": "42"}, None),
        ({"stringValue": "seven"}, {"intValue": "42"}, None),
        ({"stringValue": "\u0667"}, {"intValue": "42"}, None),
        ({"stringValue": ""}, {"intValue": "42"}, None),
        ({"intValue": "7"}, {"intValue": "42"}, None),
        ({"stringValue": "7"}, {"stringValue": "42"}, None),
        (None, {"intValue": "42"}, None),
        ({"stringValue": "7"}, None, None),
    ],
)
def test_the_place_of_a_record_is_its_partition_and_offset(partition: Any, offset: Any, place: Any) -> None:
    attributes = [
        {"key": "messaging.destination.partition.id", "value": partition},
        {"key": "messaging.kafka.offset", "value": offset},
    ]
    (span,) = read(OTLP | {"attributes": [each for each in attributes if each["value"] is not None]})
    assert span.place == place


def test_what_was_kept_of_a_message_that_is_not_sampled_is_told_apart() -> None:
    other = {"key": "customer", "value": {"stringValue": "7"}}
    kept = {"key": "kafkatrace.kept", "value": {"stringValue": "slow"}}
    assert [span.kept for span in read(OTLP | {"attributes": [other, kept]}, OTLP | {"attributes": [other]})] == [
        True,
        False,
    ]


def test_attributes_are_kept_for_a_person_to_read() -> None:
    (span,) = read(OTLP | {"attributes": [{"key": "customer", "value": {"stringValue": "7"}}]})
    assert span.attributes == (("customer", "7"),)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ({"code": 2, "message": "no such customer"}, "no such customer"),
        ({"code": "STATUS_CODE_ERROR", "message": "no such customer"}, "no such customer"),
        ({"code": 2}, "no message"),
        ({"code": 2, "message": ""}, "no message"),
        ({"code": 1, "message": "fine"}, ""),
        ({"code": "STATUS_CODE_OK"}, ""),
        ({"message": "unset"}, ""),
    ],
)
def test_what_failed_says_why(status: dict[str, Any], error: str) -> None:
    (span,) = read(OTLP | {"status": status, "parentSpanId": "s0"})
    assert (span.error, span.parent_id) == (error, "s0")


def test_spans_of_a_trace_are_in_the_order_of_their_start() -> None:
    assert traces.by_trace([PROCESS, SEND, QUEUE])["t1"] == JOURNEY


def test_the_waterfall() -> None:
    lines = waterfall.draw([PROCESS, SEND, QUEUE], 40.0).splitlines()
    assert lines == [
        "trace t1   end to end 40.0 ms",
        "",
        f"orders-producer  send topic    │{'█' * 8}{' ' * 24}│      0.0 +10.0 ms",
        f"orders-kafka  queue topic      │{' ' * 8}{'█' * 4}{' ' * 20}│     10.0 +5.0 ms",
        f"orders-consumer  process topic │{' ' * 12}{'█' * 20}│     15.0 +25.0 ms",
    ]


def test_the_waterfall_begins_with_its_first_span_and_tells_how_long_the_whole_trace_is() -> None:
    later = [changed(span, start=span.start + 500 * MS, end=span.end + 500 * MS) for span in JOURNEY]
    total = changed(later[2], span_id="x", name="total", start=540 * MS, end=580 * MS)
    lines = waterfall.draw([*later, total], 40.0).splitlines()
    assert lines[0] == "trace t1   end to end 40.0 ms, whole trace 80.0 ms"
    assert lines[2] == f"orders-producer  send topic    │{'█' * 4}{' ' * 28}│      0.0 +10.0 ms"
    assert lines[5] == f"orders-consumer  total         │{' ' * 16}{'█' * 16}│     40.0 +40.0 ms"


def test_a_span_without_length_is_seen_in_the_waterfall_wherever_it_is() -> None:
    first, last = changed(SEND, end=0), changed(PROCESS, start=40 * MS)
    lines = waterfall.draw([first, changed(QUEUE, start=20 * MS, end=20 * MS), last], 40.0).splitlines()
    bars = [line.split("│")[1] for line in lines[2:]]
    assert bars == [f"█{' ' * 31}", f"{' ' * 16}█{' ' * 15}", f"{' ' * 31}█"]
    only = waterfall.draw([first], 0.0).splitlines()
    assert only == ["trace t1   end to end 0.0 ms", "", f"orders-producer  send topic │█{' ' * 31}│      0.0 +0.0 ms"]


def test_the_shortest_trace_that_there_is_fills_the_waterfall() -> None:
    assert waterfall.draw([changed(SEND, end=1)], 0.0).splitlines()[2].count("█") == 32


def test_the_longest_traces_are_told_to_the_tenth_of_a_millisecond() -> None:
    hour = 3_600_000 * MS
    lines = waterfall.draw([changed(SEND, end=hour), changed(PROCESS, start=hour, end=2 * hour)], 1.0).splitlines()
    assert lines[0] == "trace t1   end to end 1.0 ms, whole trace 7200000.0 ms"
    assert lines[2].endswith("│      0.0 +3600000.0 ms")
    assert lines[3].endswith("│ 3600000.0 +3600000.0 ms")


def test_of_spans_that_begin_together_the_shorter_comes_first_in_the_waterfall() -> None:
    longer, shorter = changed(SEND, span_id="long", name="long"), changed(SEND, name="short", end=5 * MS)
    lines = waterfall.draw([longer, shorter], 10.0).splitlines()
    assert [line.split()[1] for line in lines[2:]] == ["short", "long"]
