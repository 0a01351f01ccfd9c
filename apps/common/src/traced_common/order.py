"""The order event: what the producer sends and the consumer reads."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any


class PoisonError(Exception):
    """A message that no retry can process: it goes to the dead-letter topic, for this reason."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order; `sequence` counts those of one producer process from 1, `created` has a time zone."""

    id: str
    customer: str
    amount: Decimal
    sequence: int
    created: datetime

    def to_json(self, size: int = 0) -> bytes:
        """Write the order, padded to `size` bytes; it is longer where the order itself needs more."""
        fields = {
            "id": self.id,
            "customer": self.customer,
            "amount": str(self.amount),  # a JSON number would be read as a binary fraction
            "sequence": self.sequence,
            "created": self.created.astimezone(UTC).isoformat(timespec="milliseconds"),
        }
        text = _dump(fields)
        missing = size - len(text) - len(b',"padding":""')
        return text if missing < 0 else _dump({**fields, "padding": "." * missing})

    @classmethod
    def from_json(cls, value: bytes | None) -> "Order":
        """Read an order; fields of others are left alone. PoisonError says what is wrong with it."""
        fields = _load(value)
        return cls(
            id=_text(fields, "id"),
            customer=_text(fields, "customer"),
            amount=_amount(fields),
            sequence=_sequence(fields),
            created=_time(fields),
        )


def _dump(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode("ascii")


def _load(value: bytes | None) -> dict[str, Any]:
    if value is None:
        raise PoisonError("not an order: the message has no value")
    try:
        fields = json.loads(value)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError, too
        raise PoisonError(f"not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise PoisonError(f"not an order: a JSON {type(fields).__name__} instead of an object")
    return fields


def _text(fields: dict[str, Any], name: str) -> str:
    text = fields.get(name)
    if not isinstance(text, str) or not text:
        raise _wrong(fields, name, "a text")
    return text


def _amount(fields: dict[str, Any]) -> Decimal:
    try:
        amount = Decimal(_text(fields, "amount"))
    except InvalidOperation:
        raise _wrong(fields, "amount", "a decimal number as text") from None
    if not amount.is_finite():
        raise _wrong(fields, "amount", "a decimal number as text")
    return amount


def _sequence(fields: dict[str, Any]) -> int:
    sequence = fields.get("sequence")
    if type(sequence) is not int or sequence < 1:
        raise _wrong(fields, "sequence", "a whole number from 1")
    return sequence


def _time(fields: dict[str, Any]) -> datetime:
    try:
        created = datetime.fromisoformat(_text(fields, "created"))
    except ValueError:
        created = datetime.min
    if created.tzinfo is None:
        raise _wrong(fields, "created", "an ISO 8601 time with its zone")
    return created


def _wrong(fields: dict[str, Any], name: str, expected: str) -> PoisonError:
    found = f"is {str(fields[name])[:80]!r}" if name in fields else "is missing"
    return PoisonError(f"not an order: {name} {found}, expected {expected}")
