"""Objects of the API server as the operator reads them: what has another shape is not there. Pure.

Types of Kubernetes' own kinds are the API server's business, but a time may be null, and a status may be written by
hand; those of Strimzi and Flink are of whichever version is installed. Nobody's mistake in one object may become an
error of all that is done for a pipeline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Fields:
    """An object with these fields, among others.

    Without those that it `needs` it is not there; those that it `has` are empty where they do not fit.
    """

    fields: Mapping[str, Any]
    needs: tuple[str, ...] = ()
    has: tuple[str, ...] = ()


class Time:
    """A time as text."""


@dataclass(frozen=True)
class Each:
    """An object of which all values have one shape."""

    shape: Any


_ABSENT: Final = object()


def fitting(o: Mapping[str, Any], shape: Fields) -> dict[str, Any]:
    """Return the object without those of the shape's fields that are of another type."""
    fitted = {name: _fit(o[name], wanted) for name, wanted in shape.fields.items() if name in o}
    kept = {name: value for name, value in fitted.items() if value is not _ABSENT}
    others = {name: value for name, value in o.items() if name not in shape.fields}
    empty = {name: fitting({}, shape.fields[name]) for name in shape.has}
    return {**empty, **others, **kept}


def _fit(value: Any, shape: Any) -> Any:
    """Return the value, or _ABSENT where it does not fit."""
    match shape:
        case Fields():
            return _object(value, shape)
        case Each():
            return _each(value, shape)
        case [wanted]:
            return _list(value, wanted)
        case _:
            return value if _is(value, shape) else _ABSENT


def _object(value: Any, shape: Fields) -> Any:
    if not isinstance(value, Mapping):
        return _ABSENT
    found = fitting(value, shape)
    return found if all(name in found for name in shape.needs) else _ABSENT


def _each(value: Any, shape: Each) -> Any:
    if not isinstance(value, Mapping):
        return _ABSENT
    return {name: each for name, each in value.items() if _fit(each, shape.shape) is not _ABSENT}


def _list(value: Any, wanted: Any) -> Any:
    if not isinstance(value, list):
        return _ABSENT
    return [fitted for each in value if (fitted := _fit(each, wanted)) is not _ABSENT]


def _is(value: Any, wanted: type) -> bool:
    if wanted is Time:
        return isinstance(value, str) and _is_time(value)
    if wanted in (int, float):
        return type(value) in (int, wanted) and abs(value) <= _LARGEST
    return isinstance(value, wanted)


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return False
    return True
