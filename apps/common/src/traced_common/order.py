"""The order event: what the producer sends and the consumer reads."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

_LONGEST_TEXT: Final = 1_000
_LONGEST_NUMBER: Final = 100
_MOST_DIGITS: Final = 15
_MOST_DECIMALS: Final = 18
_HIGHEST_SEQUENCE: Final = 2**63 - 1
_LONGEST_SHOWN: Final = 80


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
        """Read an order that can be written on; fields of others are left alone. PoisonError says what is wrong."""
        fields = _load(value)
        return cls(**{name: _read(fields, name, field) for name, field in _FIELDS.items()})


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


class _Field(NamedTuple):
    """What a field must be, in words, and how to read it; None when it is something else."""

    expected: str
    read: Callable[[Any], object | None]


def _text(value: Any) -> str | None:
    """Read a text that every client, database and language can hold: no half surrogate pairs, and no NUL."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT or "\0" in value:
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value


def _amount(value: Any) -> Decimal | None:
    """Read an amount whose sums are exact: an exponent has no bounds in a text, but has in arithmetic and memory."""
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER:
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    exponent = amount.as_tuple().exponent
    fits = isinstance(exponent, int) and exponent >= -_MOST_DECIMALS and amount.adjusted() < _MOST_DIGITS
    return amount if fits else None


def _sequence(value: Any) -> int | None:
    return value if type(value) is int and 1 <= value <= _HIGHEST_SEQUENCE else None


def _time(value: Any) -> datetime | None:
    try:
        created = datetime.fromisoformat(value)
        created.astimezone(UTC)  # which the first and the last day may not have
    except (TypeError, ValueError, OverflowError):
        return None
    return created if created.tzinfo else None


_TEXT = _Field(f"a text of at most {_LONGEST_TEXT} characters, which UTF-8 has and of which none is NUL", _text)
_FIELDS: Final = {
    "id": _TEXT,
    "customer": _TEXT,
    "amount": _Field(
        f"a decimal number as text, of at most {_MOST_DIGITS} digits before the point and {_MOST_DECIMALS} after it",
        _amount,
    ),
    "sequence": _Field("a whole number from 1", _sequence),
    "created": _Field("an ISO 8601 time with its zone", _time),
}


def _read(fields: dict[str, Any], name: str, field: _Field) -> Any:
    if name not in fields:
        raise PoisonError(f"not an order: {name} is missing, expected {field.expected}")
    value = field.read(fields[name])
    if value is None:
        raise PoisonError(f"not an order: {name} is {_shown(fields[name])}, expected {field.expected}")
    return value


def _shown(value: object) -> str:
    if isinstance(value, (dict, list)):  # as text it may be too deep
        return f"a JSON {type(value).__name__}"
    return repr(str(value)[:_LONGEST_SHOWN])
