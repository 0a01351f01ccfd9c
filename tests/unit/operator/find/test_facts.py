"""What the reader prints is read field by field, and what is none is named."""

from typing import Any

import pytest
from tracedpipeline.find.facts import Facts, Letter, Partition, Record, Scan, read
from tracedpipeline.untrusted.documents import DocumentError

CONTEXT = f"00-{'4' * 32}-{'1' * 16}-01"
RECORD: dict[str, Any] = {
    "partition": 2, "offset": 3, "timestamp": 7, "key": "aw==", "value_bytes": 9, "value": "dg==",
    "traceparent": CONTEXT,
}  # fmt: skip
LETTER: dict[str, Any] = {
    "partition": 4, "offset": 5, "timestamp": 8, "redriven": True,
    "origin": {"partition": 2, "offset": 3, "reason": "poison"},
}  # fmt: skip
LOG: dict[str, Any] = {"partition": 2, "start": 1, "end": 11, "written": 12, "committed": 6, "committed_before": 5}
FACTS: dict[str, Any] = {
    "now": 10, "topic": "t", "group": "g", "dead_letter_topic": "d", "seconds": 1.5, "members": {"count": 2},
    "partitions": [LOG], "records": [RECORD], "scan": {"records": 20, "bytes": 21, "stopped": "bytes"},
    "letters": {"found": [LETTER], "scan": {"records": 30, "bytes": 31, "stopped": "seconds"}, "unknown": "denied"},
}  # fmt: skip


def test_each_field_is_where_it_belongs() -> None:
    record = Record(2, 3, 7, b"k", 9, CONTEXT, b"v")
    letter = Letter(Record(4, 5, 8, None, None), (2, 3), "poison", True)
    assert read(FACTS) == Facts(
        now=10,
        topic="t",
        group="g",
        dead_letter_topic="d",
        seconds=1.5,
        partitions={2: Partition(1, 11, 12, 6, 5)},
        records=(record,),
        letters=(letter,),
        members=2,
        scan=Scan(20, 21, "bytes"),
        letter_scan=Scan(30, 31, "seconds", "denied"),
    )
    assert (record.place, record.trace_id, record.sampled) == ((2, 3), "4" * 32, True)


def test_what_may_be_missing() -> None:
    needed = ("now", "topic", "group", "dead_letter_topic", "seconds")
    facts = read({name: FACTS[name] for name in needed} | {"letters": {"found": [{**RECORD, "redriven": "yes"}]}})
    assert facts.letters == (Letter(Record(2, 3, 7, b"k", 9, CONTEXT, b"v"), (-1, -1), "no reason is given", None),)
    assert (facts.partitions, facts.records, facts.members) == ({}, (), None)
    assert (facts.scan, facts.letter_scan) == (Scan(), Scan())


def test_a_reason_is_bounded() -> None:
    origin = {"partition": 0, "offset": 0, "reason": "x" * 1001}
    (letter,) = read(FACTS | {"letters": {"found": [{**LETTER, "origin": origin}]}}).letters
    assert letter.reason == "x" * 1000


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"seconds": "1"}, "seconds is no number"),
        ({"seconds": True}, "seconds is no number"),
        ({"members": {"count": "x"}}, "count is no whole number of 64 bits"),
        ({"records": [RECORD | {"key": "?"}]}, "key is no base64"),
        ({"records": [RECORD | {"value": "a"}]}, "value is no base64"),
        ({"records": [RECORD | {"key": "é"}]}, "key is no base64"),
        ({"records": [RECORD | {"key": "a w=="}]}, "key is no base64"),
        ({"records": [RECORD | {"traceparent": 1}]}, "traceparent is no text"),
        ({"partitions": [LOG | {"written": None}]}, "written is no whole number of 64 bits"),
    ],
)
def test_what_is_none_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(DocumentError, match=f"^{said}$"):
        read(FACTS | wrong)
