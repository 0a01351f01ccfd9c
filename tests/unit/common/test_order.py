import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from traced_common.order import Order, PoisonError

ORDER = Order("o-1", "customer-007", Decimal("12.30"), 42, datetime(2026, 11, 24, 13, 0, 0, 250_000, UTC))
FIELDS = json.loads(ORDER.to_json())


def test_comes_back_as_it_was() -> None:
    assert Order.from_json(ORDER.to_json()) == ORDER
    assert Order.from_json(ORDER.to_json(1000)) == ORDER


@pytest.mark.parametrize("size", [140, 256, 1_000_000])
def test_has_exactly_the_wished_size(size: int) -> None:
    assert len(ORDER.to_json(size)) == size


def test_is_larger_where_the_order_itself_is() -> None:
    assert ORDER.to_json(1) == ORDER.to_json()


def test_fields_of_others_are_left_alone() -> None:
    assert Order.from_json(json.dumps({**FIELDS, "coupon": "x"}).encode()) == ORDER


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "the message has no value"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\xfd", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"9" * 10_000, "not JSON"),
        (b"[]", "a JSON list instead of an object"),
        (b"null", "a JSON NoneType instead of an object"),
    ],
)
def test_what_is_no_object_is_poison(value: bytes | None, words: str) -> None:
    with pytest.raises(PoisonError, match=words):
        Order.from_json(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", ""),
        ("id", 7),
        ("customer", None),
        ("amount", 12.3),
        ("amount", "NaN"),
        ("amount", "much"),
        ("sequence", "1"),
        ("sequence", True),
        ("sequence", 0),
        ("created", "yesterday"),
        ("created", "2026-11-24T13:00:00"),
        ("created", 0),
    ],
)
def test_a_wrong_field_is_poison(name: str, value: object) -> None:
    with pytest.raises(PoisonError, match=f"not an order: {name} is {str(value)[:80]!r}, expected"):
        Order.from_json(json.dumps({**FIELDS, name: value}).encode())


@pytest.mark.parametrize("name", FIELDS)
def test_a_missing_field_is_poison(name: str) -> None:
    fields = {key: value for key, value in FIELDS.items() if key != name}
    with pytest.raises(PoisonError, match=f"not an order: {name} is missing"):
        Order.from_json(json.dumps(fields).encode())
