"""Counting from many threads without a lock."""

from itertools import count


class AtomicCounter:
    """A counter whose `add` is one call into C, atomic in CPython; no lock that a fork could leave held."""

    def __init__(self) -> None:
        self.numbers = count()
        self.add = self.numbers.__next__

    def value(self) -> int:
        """Return how often it was advanced; by its text, since all else would advance it."""
        return int(repr(self.numbers)[len("count(") : -1])


class Counters:
    """Oddities seen so far."""

    def __init__(self) -> None:
        self._malformed = AtomicCounter()
        self._negative = AtomicCounter()

    @property
    def malformed_headers(self) -> int:
        """Trace headers that could not be read."""
        return self._malformed.value()

    @property
    def negative_queue_times(self) -> int:
        """Records that came out before they went in: clocks that disagree."""
        return self._negative.value()

    def malformed(self, headers: int) -> None:
        """Count headers that could not be read."""
        for _ in range(headers):
            self._malformed.add()

    def negative(self) -> None:
        """Count a record that came out before it went in."""
        self._negative.add()
