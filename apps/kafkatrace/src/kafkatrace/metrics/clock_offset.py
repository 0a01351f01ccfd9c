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
_FARTHEST: Final = 86_400_000 * _MS
_WINDOW: Final = 60.0  # seconds: clocks drift, so old bounds go


@dataclass(frozen=True, slots=True)
class Offset:
    """One clock minus another, nanoseconds, known within ± uncertainty."""

    middle: float
    uncertainty: float

    @property
    def is_difference(self) -> bool:
        """Whether the clocks are apart for certain; else the middle is an accident of the round trips."""
        return abs(self.middle) > self.uncertainty and is_plausible(self.middle)


def is_plausible(difference: float) -> bool:
    """Return whether clocks can be so far apart, nanoseconds; farther off is a timestamp that is none."""
    return abs(difference) <= _FARTHEST


class _Extreme:
    """The largest number of a window and of the one before."""

    def __init__(self) -> None:
        self._largest: dict[int, int] = {}

    def add(self, window: int, number: int) -> None:
        largest = self._largest.get(window)
        if largest is None:
            before = self._largest.get(window - 1)
            self._largest = {window: number} if before is None else {window - 1: before, window: number}
        elif number > largest:
            self._largest[window] = number

    def value(self, window: int) -> int | None:
        largest = self._largest  # other threads ask, while one adds
        now, before = largest.get(window), largest.get(window - 1)
        if now is None or before is None:
            return before if now is None else now
        return max(now, before)


class Clocks:
    """What is known of another clock; times are nanoseconds since the epoch on either clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lower = _Extreme()
        self._upper = _Extreme()  # negated

    def appended(self, milliseconds: int, after: int, before: int) -> None:
        """Learn that the broker wrote a record at `milliseconds` of its clock, between these times of ours."""
        window = self._window()
        self._lower.add(window, milliseconds * _MS - before)
        self._upper.add(window, after - (milliseconds + 1) * _MS)

    def received(self, milliseconds: int, at: int) -> None:
        """Learn that a record, written at `milliseconds` of the broker's clock, was here at this time of ours."""
        self._lower.add(self._window(), milliseconds * _MS - at)

    @property
    def minimum(self) -> int | None:
        """The broker's clock minus ours is at least this."""
        return self._lower.value(self._window())

    @property
    def offset(self) -> Offset | None:
        """The broker's clock minus ours; None when not known, or when a clock was set meanwhile."""
        window = self._window()
        lower, upper = self._lower.value(window), self._upper.value(window)
        if lower is None or upper is None or lower > -upper:
            return None
        return Offset((lower - upper) / 2, (-upper - lower) / 2)

    def _window(self) -> int:
        return int(self._clock() // _WINDOW)
