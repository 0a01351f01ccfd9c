"""How far clocks are apart, from causality alone: what was sent came later than it was written.

On LogAppendTime topics a delivery report shows the broker's time of the append, which lay between produce() and
the report. So each one bounds the broker's clock against the producer's, as an exchange of NTP does (RFC 5905,
section 8); the bounds of many narrow each other down. Kafka's timestamps are whole milliseconds, rounded down.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_MS: Final = 1_000_000
LOG_APPEND_TIME: Final = 2
_WINDOW: Final = 60.0  # seconds: clocks drift, so old bounds go


@dataclass(frozen=True, slots=True)
class Offset:
    """One clock minus another, nanoseconds, known within ± uncertainty."""

    middle: float
    uncertainty: float


class _Extreme:
    """The largest number of the last one to two windows."""

    def __init__(self) -> None:
        self._now: int | None = None
        self._before: int | None = None

    def add(self, number: int) -> None:
        self._now = number if self._now is None or number > self._now else self._now

    def turn(self) -> None:
        self._before, self._now = self._now, None

    def value(self) -> int | None:
        known = [each for each in (self._now, self._before) if each is not None]
        return max(known) if known else None


class Clocks:
    """What is known of another clock; times are nanoseconds since the epoch on either clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turn = clock() + _WINDOW
        self._lower = _Extreme()
        self._upper = _Extreme()  # negated

    def appended(self, milliseconds: int, after: int, before: int) -> None:
        """Learn that the broker wrote a record at `milliseconds` of its clock, between these times of ours."""
        self._age()
        self._lower.add(milliseconds * _MS - before)
        self._upper.add(after - (milliseconds + 1) * _MS)

    def received(self, milliseconds: int, at: int) -> None:
        """Learn that a record, written at `milliseconds` of the broker's clock, was here at this time of ours."""
        self._age()
        self._lower.add(milliseconds * _MS - at)

    @property
    def minimum(self) -> int | None:
        """The broker's clock minus ours is at least this."""
        return self._lower.value()

    @property
    def offset(self) -> Offset | None:
        """The broker's clock minus ours; None when not known, or when a clock was set meanwhile."""
        lower, upper = self._lower.value(), self._upper.value()
        if lower is None or upper is None or lower > -upper:
            return None
        return Offset((lower - upper) / 2, (-upper - lower) / 2)

    def _age(self) -> None:
        if self._clock() >= self._turn:
            self._turn = self._clock() + _WINDOW
            self._lower.turn()
            self._upper.turn()
