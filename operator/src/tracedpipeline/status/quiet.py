"""What a status has that is worth writing: a transition at once, mere figures seldom. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

FIGURES_SECONDS = 60.0
# Of all pipelines: however many there are, mere figures cost the API server no more than that. Each asks for less than
# its share, so that none that was written lately takes the turn of one that waits.
FIGURES_PER_SECOND = 0.5
_SHARE = 0.8
# What moves by less is noise.
DEAD_BAND = 0.1

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_TIMES = "lastTransitionTime"
_TRACE = "lastTrace"


def transition(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether the new status differs by more than its figures."""
    return _frame(old) != _frame(new)


def figures_moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether a figure has moved so much that it is worth writing."""
    return any(map(_moved, _figures(old), _figures(new)))


def figures_due(seconds: float, pipelines: int) -> bool:
    """Return whether figures may be written again so many seconds after the last write, where there are so many."""
    return seconds >= max(FIGURES_SECONDS, pipelines / (_SHARE * FIGURES_PER_SECOND))


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
