"""Numbers that are kept elsewhere, by metric and attributes; those of a client leave with it."""

import threading
import weakref
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from opentelemetry.sdk.metrics.export import NumberDataPoint

from kafkatrace.metrics.kinds import MOST_SERIES, OVERFLOW, Attributes, Definition, Key, Kind, Number, Read, key_of


@dataclass(slots=True)
class _Watched:
    """One series: equal clients count together; of a gauge, the newest's counts."""

    attributes: Attributes
    gauge: bool
    since: int
    reads: list[Read] = field(default_factory=list)
    left: Number | None = None  # what those had that left

    def number(self) -> Number | None:
        numbers = [each for each in (self.left, *(read() for read in self.reads)) if each is not None]
        if not numbers:
            return None
        return numbers[-1] if self.gauge else sum(numbers)

    def settle(self, read: Read) -> None:
        """Take a client's last number in its place."""
        self.reads.remove(read)
        if (last := read()) is not None:
            self.left = last if self.gauge else last + (self.left or 0)


ClosedNumbers: TypeAlias = list[tuple[Definition, Key, Number | None]]


class Numbers:
    """The series of all metrics that are such numbers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[Definition, dict[Key, _Watched]] = {}
        self._owned: dict[weakref.ref[object], list[tuple[_Watched, Read]]] = {}
        self._gone: deque[weakref.ref[object]] = deque()

    def watch(self, definition: Definition, attributes: Attributes, read: Read, owner: object, since: int) -> None:
        """Read a number at each look, until its owner leaves or is gone; without an owner, for ever."""
        with self._lock:
            self._settle()
            watched = self._series(definition, attributes, since)
            if watched is None:
                return
            watched.reads.append(read)
            if owner is not None:  # the callback may come at any time, also while this thread holds the lock
                self._owned.setdefault(weakref.ref(owner, self._gone.append), []).append((watched, read))

    def leave(self, owner: object) -> None:
        """Read an owner's numbers for the last time."""
        with self._lock:
            self._gone.append(weakref.ref(owner))
            self._settle()

    def points(self, now: int) -> Iterator[tuple[Definition, list[NumberDataPoint]]]:
        """Return what each metric says now."""
        with self._lock:
            self._settle()
            found = [(definition, list(series.values())) for definition, series in self._watched.items()]
        for definition, series in found:
            numbers = [(each, number) for each in series if (number := each.number()) is not None]
            yield definition, [NumberDataPoint(each.attributes, each.since, now, number) for each, number in numbers]

    def closed(self) -> ClosedNumbers:
        """Return the series that no client has any more, and what they say for the last time."""
        with self._lock:
            self._settle()
            return [
                (definition, key, each.left)
                for definition, series in self._watched.items()
                for key, each in series.items()
                if not each.reads or (each.gauge and each.left is not None)
            ]

    def forget(self, closed: ClosedNumbers) -> bool:
        """Drop those that are still as they were, but of each sum the newest; whether there was any."""
        newest = {definition: key for definition, key, _ in closed if definition.kind is not Kind.GAUGE}
        with self._lock:
            dropped = [self._drop(each) for each in closed if newest.get(each[0]) != each[1]]
        return any(dropped)

    def _drop(self, closed: tuple[Definition, Key, Number | None]) -> bool:
        definition, key, number = closed
        series = self._watched[definition]
        watched = series.get(key)
        if watched is None or watched.left != number:
            return False
        if watched.reads:
            watched.left = None if watched.gauge else watched.left  # the clients that are there count
            return False
        del series[key]
        return True

    def _series(self, definition: Definition, attributes: Attributes, since: int) -> _Watched | None:
        key = key_of(attributes)
        gauge = definition.kind is Kind.GAUGE
        series = self._watched.setdefault(definition, {})
        if key not in series and len(series) >= MOST_SERIES - 1:
            if gauge:  # what others measure has no sum
                return self._in_place_of_closed(series, _Watched(attributes, gauge, since))
            attributes, key = OVERFLOW, key_of(OVERFLOW)
        return series.setdefault(key, _Watched(attributes, gauge, since))

    def _in_place_of_closed(self, series: dict[Key, _Watched], new: _Watched) -> _Watched | None:
        """Let a client that is there take the place of one that is not, though nothing was exported for long."""
        closed = next((key for key, each in series.items() if not each.reads), None)
        if closed is None:
            return None
        del series[closed]
        return series.setdefault(key_of(new.attributes), new)

    def _settle(self) -> None:
        while self._gone:
            for watched, read in self._owned.pop(self._gone.popleft(), ()):
                watched.settle(read)
