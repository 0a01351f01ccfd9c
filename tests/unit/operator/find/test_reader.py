import json
from typing import Any

import pytest
from tracedpipeline.find.facts import read
from tracedpipeline.find.reader import Printed, ReaderError
from tracedpipeline.untrusted.documents import DocumentError


def line(**ours: Any) -> str:
    return json.dumps({"tracedpipeline.find": ours})


FACTS: dict[str, Any] = {
    "now": 1, "topic": "t", "group": "g", "dead_letter_topic": "d", "seconds": 1.5, "members": {"count": 2},
    "partitions": [{"partition": 0, "start": 0, "end": 9, "written": 9, "committed": None, "committed_before": 4}],
    "records": [{"partition": 0, "offset": 3, "timestamp": 7, "key": "aw==", "value_bytes": None, "traceparent": None}],
    "letters": {"found": [{"partition": 0, "offset": 1, "timestamp": 8, "key": None, "value_bytes": 2,
                           "origin": {"partition": None, "offset": 3, "reason": None}, "redriven": True}]},
    "scan": {"records": 1, "bytes": 2, "stopped": None},
}  # fmt: skip


def test_progress_and_facts_beside_lines_of_others() -> None:
    printed = Printed("find")
    assert printed.take("%3|FAIL|rdkafka#consumer-1| refused") == ""
    assert printed.take(line(progress={"records": 7, "bytes": 2**20})) == "7 records read, 1.0 MiB"
    assert printed.take(line(facts=FACTS)) == ""
    facts = read(printed.end())
    assert facts.records[0].key == b"k" and facts.records[0].value_bytes is None
    assert facts.partitions[0].committed is None and facts.members == 2
    assert facts.letters[0].origin == (-1, 3) and facts.letters[0].redriven


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([line(error="topic t: Unknown topic")], "topic t: Unknown topic"),
        (["Traceback …", "ModuleNotFoundError: traced_common"], "ModuleNotFoundError: traced_common"),
        ([], "the reader ended without an answer"),
    ],
)
def test_no_facts(lines: list[str], said: str) -> None:
    printed = Printed("find")
    for each in lines:
        printed.take(each)
    with pytest.raises(ReaderError, match=f"^{said}$"):
        printed.end()


def test_a_long_error_is_cut() -> None:
    printed = Printed("find")
    printed.take(line(error="x" * 1001))
    with pytest.raises(ReaderError, match=f"^{'x' * 999}…$"):
        printed.end()


@pytest.mark.parametrize(
    "wrong", [{"now": "x"}, {"records": 3}, {"records": [{}]}, {"partitions": [{"partition": 0}]}, {"seconds": "1"}]
)
def test_facts_that_are_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(DocumentError):
        read(FACTS | wrong)


def test_a_line_of_ours_that_is_none() -> None:
    with pytest.raises(ReaderError, match=r"^the reader answers, but not as expected: facts is no object$"):
        Printed("find").take(line(facts=[]))


def test_progress_of_a_redrive() -> None:
    assert Printed("redrive").take('{"tracedpipeline.redrive": {"progress": {"redriven": 3}}}') == "3 sent back"
    assert Printed("redrive").take('{"tracedpipeline.find": {"progress": {"redriven": 3}}}') == ""
