from typing import Any

import pytest
from tracedpipeline.jaeger import attributes


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"stringValue": "customer-7"}, "customer-7"),
        ({"intValue": "4711"}, "4711"),
        ({"doubleValue": 0.5}, "0.5"),
        ({"boolValue": False}, "false"),
        ({"boolValue": True}, "true"),
        ({"stringValue": "x" * 400}, "x" * 400),
        ({"stringValue": "x" * 401}, "x" * 399 + "…"),
        ({"arrayValue": {"values": []}}, '{"arrayValue": {"values": []}}'),
        ({"stringValue": {"not": "text"}}, '{"stringValue": {"not": "text"}}'),
        (None, ""),
        ("no object", ""),
    ],
)
def test_each_value_has_a_text(value: Any, text: str) -> None:
    assert attributes.texts([{"key": "name", "value": value}]) == (("name", text),)


def test_what_is_too_long_or_too_much_is_cut() -> None:
    many: list[dict[str, Any]] = [{"key": f"{n:03d}", "value": {"stringValue": "x" * 10_000}} for n in range(1000)]
    found = attributes.texts(many)
    assert len(found) == attributes.MOST
    assert {len(text) for _, text in found} == {attributes.MOST_CHARACTERS}


def test_an_attribute_without_a_name_is_none() -> None:
    assert attributes.texts([{"key": None}, {"key": 7, "value": {}}, {}]) == ()
