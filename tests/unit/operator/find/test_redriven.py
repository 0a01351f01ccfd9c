from typing import Any

import pytest
from tracedpipeline.find import redriven
from tracedpipeline.find.reader import ReaderError

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


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"before": "x"}, "before is no whole number of 64 bits"),
        ({"left": []}, "left is no object"),
        ({"places": [1]}, "places is no list of texts"),
        ({"places": "x"}, "places is no list of texts"),
        ({"redriven": None}, "redriven is no whole number of 64 bits"),
    ],
)
def test_a_result_that_is_none(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ReaderError, match=f"^the reader answers, but not as expected: {said}$"):
        redriven.told(RESULT | wrong)


def test_of_many_places_the_first_are_told() -> None:
    places = [f"orders.dlq[0]@{number}" for number in range(21)]
    assert [each.strip() for each in redriven.told(RESULT | {"places": places}).splitlines()[3:-1]] == places[:20]
    assert len(redriven.told(RESULT | {"places": None}).splitlines()) == 4
