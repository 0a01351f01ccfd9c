from typing import Any

import pytest
from tracedpipeline.find import redriven
from tracedpipeline.find.reader import Printed, ReaderError

RESULT: dict[str, Any] = {
    "topic": "orders", "dead_letter_topic": "orders.dlq", "before": 5, "after": 0, "redriven": 4,
    "left": {"it was cut": 1}, "places": ["orders.dlq[0]@3\n"],
}  # fmt: skip


def test_the_counts_and_what_stays() -> None:
    assert redriven.told(RESULT).splitlines() == [
        "before: 5 not sent back in orders.dlq",
        "sent back to orders: 4",
        "left in orders.dlq: 1, because it was cut",
        "  orders.dlq[0]@3",
        "after: 0 not sent back in orders.dlq",
    ]


@pytest.mark.parametrize("wrong", [{"before": "x"}, {"left": []}, {"places": [1]}, {"places": "x"}, {"redriven": None}])
def test_a_result_that_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ReaderError, match="not as expected"):
        redriven.told(RESULT | wrong)


def test_progress() -> None:
    assert Printed("redrive").take('{"tracedpipeline.redrive": {"progress": {"redriven": 3}}}') == "3 sent back"
