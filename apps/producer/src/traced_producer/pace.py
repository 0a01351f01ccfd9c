"""A steady rate on a monotonic clock."""

from typing import Final

_MOST_BEHIND: Final = 1.0


class Pace:
    """When the next message is due: a schedule, so that late turns don't add up to a slower rate.

    Times are seconds of any monotonic clock. After a standstill at most one second is caught up.
    """

    def __init__(self, rate_per_second: float, now: float) -> None:
        self._interval = 1 / rate_per_second
        self._due = now

    def wait(self, now: float) -> float:
        """Seconds until the next message is due; 0 when it is."""
        return max(self._due - now, 0.0)

    def sent(self, now: float) -> None:
        """Note that the due message was sent."""
        self._due = max(self._due + self._interval, now - _MOST_BEHIND)
