"""The lines that a person reads."""

from dataclasses import replace
from typing import Any

import pytest
from tracedpipeline.find import report
from tracedpipeline.find.answer import Evidence
from tracedpipeline.find.facts import Facts, Partition, Record, Scan
from tracedpipeline.find.question import Question
from tracedpipeline.jaeger.traces import Span

NOW = 1_795_826_400_000
TRACE = "4" * 32
RECORD = Record(0, 50, NOW - 60_000, b"customer-7", 120, f"00-{TRACE}-{'1' * 16}-01", b"{}")
WHEN = "2026-11-28 00:39:00 UTC (60 s ago)"
QUEUED = "  queued: 10 records are before it; nobody reads: group group has no members"
KEY = Question(key=b"customer-7")


def evidence(*records: Record, **more: Any) -> Evidence:
    known: dict[str, Any] = {"members": 0, "partitions": {0: Partition(10, 100, 100, 40, 40)}, **more}
    return Evidence("orders", Facts(NOW, "orders", "group", "orders.dlq", 3.0, records=records, **known), ())


@pytest.mark.parametrize(
    ("changed", "heading"),
    [
        ({}, f"orders[0]@50  key customer-7  120 bytes  {WHEN}  trace {TRACE}"),
        ({"key": None, "value_bytes": None}, f"orders[0]@50  no key  tombstone  {WHEN}  trace {TRACE}"),
        ({"key": b"k" * 200}, f"orders[0]@50  key {'k' * 200}  120 bytes  {WHEN}  trace {TRACE}"),
        ({"key": b"k" * 201}, f"orders[0]@50  key {'k' * 200}…  120 bytes  {WHEN}  trace {TRACE}"),
        (
            {"timestamp": -1, "traceparent": ""},
            "orders[0]@50  key customer-7  120 bytes  no timestamp  no trace context",
        ),
        (
            {"timestamp": 0, "traceparent": ""},
            "orders[0]@50  key customer-7  120 bytes  1970-01-01 00:00:00 UTC (20785 d ago)  no trace context",
        ),
    ],
)
def test_a_record_and_where_it_is(changed: dict[str, Any], heading: str) -> None:
    known = evidence(replace(RECORD, **changed))
    assert list(report.lines(known, KEY)) == [heading, QUEUED]
    assert report.found(known, KEY)


@pytest.mark.parametrize(
    ("value", "size", "text"),
    [
        (None, None, "none: a tombstone"),
        (b"{}", 2, "{}"),
        (b"\x00{}", 4, r"\x00{} … the first 3 of 4 bytes"),
        (None, 9, " … the first 0 of 9 bytes"),
        (b"", 0, ""),
    ],
)
def test_the_value(value: bytes | None, size: int | None, text: str) -> None:
    record = replace(RECORD, value=value, value_bytes=size)
    assert list(report.lines(evidence(record), replace(KEY, value=True)))[2:] == [f"  value: {text}"]


def test_fewer_than_were_looked_for() -> None:
    two = evidence(RECORD, replace(RECORD, offset=51), scan=Scan(9, 2**20, "seconds"))
    said = "; the scan stopped after 9 records, 1.0 MiB: for older records raise --seconds"
    assert list(report.lines(two, replace(KEY, limit=3)))[4:] == [f"no other was found{said}"]
    assert list(report.lines(two, replace(KEY, limit=2)))[4:] == []


@pytest.mark.parametrize(
    ("question", "line", "found"),
    [
        (KEY, "not found: no record with key customer-7 among the 9 records that orders has", False),
        (
            Question(key=b""),
            "not found: no record with key  among the 9 records that orders has",
            False,
        ),
        (Question(trace=TRACE), f"not found: no record with trace {TRACE} among the 9 records that orders has", False),
        (
            Question(place=(0, 55)),
            "no record: orders[0]@55 has none: it was compacted, belongs to an aborted transaction, "
            "or is a transaction's marker",
            False,
        ),
        (
            Question(place=(0, 5)),
            "expired by retention: orders[0]@5 is gone: the partition begins at offset 10; "
            "group group had committed past it",
            True,
        ),
    ],
)
def test_no_record(question: Question, line: str, found: bool) -> None:
    known = evidence(scan=Scan(9))
    assert list(report.lines(known, replace(question, limit=2))) == [line]
    assert report.found(known, question) is found


def test_of_a_record_that_is_gone_the_span_is_what_was_found() -> None:
    end = NOW * 1_000_000 - 12_000_000_000
    span = Span(TRACE, "c", "b", "orders-consumer", "process orders", end - 20_000_000, end, (0, 50))
    known = replace(evidence(scan=Scan(9)), spans=(span,))
    line = f"processed: 2026-11-28 00:39:48 UTC (12 s ago), trace {TRACE}; its record was not found"
    assert list(report.lines(known, Question(trace=TRACE))) == [f"{line} among the 9 records that orders has"]
    assert report.found(known, Question(trace=TRACE))
