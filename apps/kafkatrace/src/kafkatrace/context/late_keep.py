"""Which messages get spans though nobody sampled them: those that took long, and those that failed."""

import math
from dataclasses import dataclass
from numbers import Real
from typing import Final

from kafkatrace.variables import Variables

_SLOWER: Final = "KAFKATRACE_KEEP_SLOWER_THAN"
_ERRORS: Final = "KAFKATRACE_KEEP_ERRORS"
_SECOND: Final = 1_000_000_000
_LONGEST: Final = 1_000_000_000.0  # seconds: with the time of day they fit into 64 bits of nanoseconds
_WANTED: Final = "give seconds, a number from 0 to 1000000000"


@dataclass(frozen=True, slots=True)
class LateKeep:
    """From how many nanoseconds on a message is slow, None: never; and whether failed ones are kept."""

    slower_than: int | None = None
    errors: bool = False

    @classmethod
    def read(cls, slower_than: float | None, errors: bool | None, variables: Variables) -> "LateKeep":
        """Take what is given, else KAFKATRACE_KEEP_SLOWER_THAN and _ERRORS; TypeError or ValueError for wrong ones."""
        seconds = _of_variable(variables) if slower_than is None else _checked(slower_than)
        return cls(
            None if seconds is None else round(seconds * _SECOND),
            variables.boolean(_ERRORS) if errors is None else _boolean(errors),
        )

    @property
    def any(self) -> bool:
        """Whether there are messages that can be kept."""
        return self.errors or self.slower_than is not None


def _of_variable(variables: Variables) -> float | None:
    if not variables.text(_SLOWER):
        return None
    seconds = variables.number(_SLOWER, default=0, most=_LONGEST)
    if seconds is None:
        variables.refuse(_SLOWER, _WANTED, "no limit")
    return seconds


def _checked(seconds: object) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, Real):
        raise TypeError(f"keep_slower_than is {seconds!r}: {_WANTED}")
    number = _number(seconds)
    if not 0 <= number <= _LONGEST:  # nor NaN
        raise ValueError(f"keep_slower_than is {seconds}: {_WANTED}")
    return number


def _number(seconds: Real) -> float:
    try:
        return float(seconds)
    except OverflowError:
        return math.inf


def _boolean(errors: object) -> bool:
    if not isinstance(errors, bool):
        raise TypeError(f"keep_errors is {errors!r}: give True or False")
    return errors
