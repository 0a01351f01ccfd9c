"""Whether a status is worth writing: transitions at once, mere figures seldom. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

FIGURES_SECONDS = 60.0
# What moves by less is noise.
DEAD_BAND = 0.1

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_TIMES = "lastTransitionTime"
_TRACE = "lastTrace"


def worth_writing(old: Mapping[str, Any], new: Mapping[str, Any], seconds: float) -> bool:
    """Return whether the new status is to be written, so many seconds after the old one."""
    if _frame(old) != _frame(new):
        return True
    return seconds >= FIGURES_SECONDS and any(map(_moved, _figures(old), _figures(new)))


def _frame(status: Mapping[str, Any]) -> dict[str, Any]:
    """Return the status without its figures: those of the last trace, and the numbers in messages."""
    conditions = [
        {key: value for key, value in condition.items() if key != _TIMES}
        | {"message": _NUMBER.sub("", condition.get("message", ""))}
        for condition in status.get("conditions", ())
    ]
    return {**status, "conditions": conditions, _TRACE: _TRACE in status}


def _figures(status: Mapping[str, Any]) -> Iterator[float]:
    yield float((status.get(_TRACE) or {}).get("endToEndMilliseconds", 0))
    for condition in status.get("conditions", ()):
        yield from map(float, _NUMBER.findall(condition.get("message", "")))


def _moved(old: float, new: float) -> bool:
    return abs(new - old) > DEAD_BAND * abs(old)
