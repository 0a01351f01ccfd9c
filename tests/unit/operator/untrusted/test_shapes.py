"""What of an object is read, and what is not there because it has another shape."""

from typing import Any

import pytest
from tracedpipeline.untrusted.shapes import Each, Fields, Time, fitting

ITEM = Fields({"type": str, "at": Time}, needs=("type",))
SHAPE = Fields(
    {"count": int, "share": float, "flag": bool, "items": [ITEM], "labels": Each(str), "inner": Fields({"name": str})},
    has=("inner",),
)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"count": 1}, {"count": 1}),
        ({"count": None}, {}),
        ({"count": True}, {}),
        ({"count": "1"}, {}),
        ({"count": 2**63}, {}),
        ({"share": 1}, {"share": 1}),
        ({"share": 1.5}, {"share": 1.5}),
        ({"share": float("nan")}, {}),
        ({"share": float("inf")}, {}),
        ({"flag": True}, {"flag": True}),
        ({"flag": 1}, {}),
        ({"items": {}}, {}),
        ({"items": [None, {"at": "x"}, {"type": 1}, {"type": "a"}]}, {"items": [{"type": "a"}]}),
        ({"items": [{"type": "a", "at": "never"}]}, {"items": [{"type": "a"}]}),
        ({"items": [{"type": "a", "at": None}]}, {"items": [{"type": "a"}]}),
        (
            {"items": [{"type": "a", "at": "2026-01-01T00:00:00Z"}]},
            {"items": [{"type": "a", "at": "2026-01-01T00:00:00Z"}]},
        ),
        ({"labels": {"a": "b", "c": 1}}, {"labels": {"a": "b"}}),
        ({"labels": ["a"]}, {}),
        ({"ours": [None]}, {"ours": [None]}),
    ],
)
def test_what_does_not_fit_is_not_there(given: dict[str, Any], read: dict[str, Any]) -> None:
    assert fitting(given, SHAPE) == {"inner": {}} | read


def test_what_it_has_is_empty_where_it_does_not_fit() -> None:
    others: list[Any] = [None, 1, [], "x"]
    for inner in others:
        assert fitting({"inner": inner}, SHAPE) == {"inner": {}}
    assert fitting({"inner": {"name": 1, "other": 2}}, SHAPE) == {"inner": {"other": 2}}


def test_the_object_itself_stays_as_it_was() -> None:
    given = {"count": None, "items": [{"type": 1}]}
    fitting(given, SHAPE)
    assert given == {"count": None, "items": [{"type": 1}]}
