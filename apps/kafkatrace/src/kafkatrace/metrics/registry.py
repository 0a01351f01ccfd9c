"""Metrics over all messages, sampled or not, in plain integers: the SDK's instruments cost as much as a span.

Names and buckets: https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/messaging/messaging-metrics.md

What nobody counts into any more is dropped once it was exported, so that clients which come and go cost nothing. The
newest such series stay: where equal clients follow one another, a sum that began again would look as if it stood still.
"""

import threading
import time
import weakref
from dataclasses import dataclass
from typing import Any, NamedTuple

from opentelemetry.sdk.metrics import export
from opentelemetry.sdk.metrics.export import ExponentialHistogramDataPoint

from kafkatrace.metrics.duration import Duration
from kafkatrace.metrics.kinds import MOST_SERIES, OVERFLOW, Attributes, Definition, Key, Kind, Read, key_of
from kafkatrace.metrics.numbers import ClosedNumbers, Numbers
from kafkatrace.spans import semconv


class Users:
    """Those who count into the histograms of some attributes; as long as anybody has it, they stay."""


@dataclass(slots=True)
class _Filled:
    """A histogram among others."""

    attributes: Attributes
    duration: Duration
    counted: Definition | None
    since: int
    users: weakref.ref[Users] | None = None  # None: it stays for ever

    @property
    def unused(self) -> bool:
        return self.users is not None and self.users() is None


class Closed(NamedTuple):
    """Series that no client has any more, and what they say for the last time."""

    durations: list[tuple[Definition, Key, int]]
    numbers: ClosedNumbers


class Metrics:
    """All series of a process; cumulative since the start. Histograms have explicit bounds, or exponential ones."""

    def __init__(self, *, is_exponential: bool = False) -> None:
        self._is_exponential = is_exponential
        self._lock = threading.Lock()
        self._since = time.time_ns()
        self._durations: dict[Definition, dict[Key, _Filled]] = {}
        self._numbers = Numbers()
        self._users: weakref.WeakValueDictionary[Key, Users] = weakref.WeakValueDictionary()

    def users(self, attributes: Attributes) -> Users:
        """Return the users of histograms with these attributes and more; the same ones when asked again."""
        with self._lock:
            return self._users.setdefault(key_of(attributes), Users())

    def duration(
        self,
        definition: Definition,
        attributes: Attributes,
        counted: Definition | None = None,
        users: Users | None = None,
    ) -> Duration:
        """Return the histogram of these attributes; the same one when asked again.

        Beyond 2000 of them all others share one. `counted` is a metric that tells only how many they are.
        """
        key = key_of(attributes)
        with self._lock:
            series = self._durations.setdefault(definition, {})
            if key not in series and len(series) >= MOST_SERIES - 1:
                attributes, key, users = OVERFLOW, key_of(OVERFLOW), None
            if key not in series:
                made = Duration(definition.kind, is_exponential=self._is_exponential)
                series[key] = _Filled(attributes, made, counted, self._since)
            if users is not None:
                series[key].users = weakref.ref(users)
            return series[key].duration

    def watch(self, definition: Definition, attributes: Attributes, read: Read, owner: object = None) -> None:
        """Read a number whenever metrics are collected, until its owner leaves or is gone; None leaves it out.

        `read` must not keep the owner alive.
        """
        self._numbers.watch(definition, attributes, read, owner, self._since)

    def leave(self, owner: object) -> None:
        """Read an owner's numbers for the last time."""
        self._numbers.leave(owner)

    def closed(self) -> Closed:
        """Return what is to be dropped after the next export."""
        with self._lock:
            durations = [
                (definition, key, each.duration.count())
                for definition, series in self._durations.items()
                for key, each in series.items()
                if each.unused
            ]
        return Closed(durations, self._numbers.closed())

    def forget(self, closed: Closed) -> None:
        """Drop those of the series that are still as they were; what begins again is counted from now on."""
        with self._lock:
            found = [(self._durations[definition], key, count) for definition, key, count in closed.durations]
            unused = [(s, key, s[key]) for s, key, count in found if _is_unchanged(s.get(key), count)]
            newest = {(id(s), _operation(each)): each.users for s, _, each in unused}
            leaving = [(s, key) for s, key, each in unused if newest[id(s), _operation(each)] is not each.users]
            for series, key in leaving:
                del series[key]
            if self._numbers.forget(closed.numbers) or leaving:
                self._since = time.time_ns()

    def collect(self) -> list[export.Metric]:
        """Return everything as the SDK's metrics."""
        now = time.time_ns()
        with self._lock:
            durations = {each: list(series.values()) for each, series in self._durations.items()}
        histograms = [
            _metric(definition, _histogram([each.duration.point(each.attributes, each.since, now) for each in filled]))
            for definition, series in durations.items()
            if (filled := [each for each in series if each.duration.count()])
        ]
        counts = _counts([each for series in durations.values() for each in series], now)
        return [
            *histograms,
            *(_numbers(*each) for each in counts.items()),
            *(_numbers(*each) for each in self._numbers.points(now)),
        ]


def _is_unchanged(filled: _Filled | None, count: int) -> bool:
    return filled is not None and filled.unused and filled.duration.count() == count


def _operation(filled: _Filled) -> object:
    return filled.attributes.get(semconv.MESSAGING_OPERATION_NAME)


def _counts(series: list[_Filled], now: int) -> dict[Definition, list[export.NumberDataPoint]]:
    """Return the metrics that tell only how many there were."""
    counts: dict[Definition, list[export.NumberDataPoint]] = {}
    for each in series:
        if each.counted is not None:
            point = export.NumberDataPoint(each.attributes, each.since, now, each.duration.count())
            counts.setdefault(each.counted, []).append(point)
    return counts


def _numbers(definition: Definition, points: list[export.NumberDataPoint]) -> export.Metric:
    if definition.kind is Kind.GAUGE:
        return _metric(definition, export.Gauge(points))
    return _metric(definition, export.Sum(points, export.AggregationTemporality.CUMULATIVE, is_monotonic=True))


def _histogram(points: list[Any]) -> export.Histogram | export.ExponentialHistogram:
    made = export.ExponentialHistogram if isinstance(points[0], ExponentialHistogramDataPoint) else export.Histogram
    return made(points, export.AggregationTemporality.CUMULATIVE)


def _metric(definition: Definition, data: export.DataT) -> export.Metric:
    return export.Metric(definition.name, definition.description, definition.unit, data)
