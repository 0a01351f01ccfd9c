"""Metrics over all messages, sampled or not, in plain integers: the SDK's instruments cost as much as a span.

Names and buckets: https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/messaging/messaging-metrics.md
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from opentelemetry.sdk.metrics import export
from opentelemetry.util.types import AttributeValue

from kafkatrace.hotpath.choose import Histogram

_BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_LONG_BOUNDS: Final = (*_BOUNDS, 30.0, 60.0, 300.0, 1800.0, 3600.0)  # records may wait for hours
Attributes = Mapping[str, AttributeValue]
# https://opentelemetry.io/docs/specs/otel/metrics/sdk/#cardinality-limits
_MOST_SERIES: Final = 2000  # of each metric, the one for all others included
_OVERFLOW: Final[Attributes] = {"otel.metric.overflow": True}


Read = Callable[[], int | float | None]


class Kind(Enum):
    """How a metric is told."""

    DURATION = "s"
    LONG_DURATION = "s, up to an hour"
    COUNT = "sum"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric's name and what it means."""

    name: str
    description: str
    unit: str
    kind: Kind


class Duration(Histogram):
    """One histogram of durations, and its bounds."""

    def __init__(self, kind: Kind) -> None:
        self.bounds = _LONG_BOUNDS if kind is Kind.LONG_DURATION else _BOUNDS
        super().__init__(tuple(round(bound * 1e9) for bound in self.bounds))

    def count(self) -> int:
        """Return how many there were."""
        return sum(self.state()[0])

    def point(self, attributes: Attributes, since: int, now: int) -> export.HistogramDataPoint:
        """Return the state as the SDK's data point, in seconds."""
        buckets, total, lowest, highest = self.state()
        return export.HistogramDataPoint(
            attributes=attributes,
            start_time_unix_nano=since,
            time_unix_nano=now,
            count=sum(buckets),  # backends refuse a count that isn't the sum of the buckets
            sum=total / 1e9,
            bucket_counts=buckets,
            explicit_bounds=self.bounds,
            min=lowest / 1e9,
            max=highest / 1e9,
        )


class Metrics:
    """All series of a process; cumulative since the start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since = time.time_ns()
        self._durations: dict[Definition, dict[tuple[object, ...], tuple[Attributes, Duration]]] = {}
        self._reads: dict[Definition, list[tuple[Attributes, Read]]] = {}

    def duration(self, definition: Definition, attributes: Attributes, counted: Definition | None = None) -> Duration:
        """Return the histogram of these attributes; the same one when asked again.

        Beyond 2000 of them all others share one. `counted` is a metric that tells only how many they are.
        """
        key = tuple(sorted(attributes.items()))
        with self._lock:
            series = self._durations.setdefault(definition, {})
            if key not in series and len(series) >= _MOST_SERIES - 1:
                attributes, key = _OVERFLOW, tuple(_OVERFLOW.items())
            if key not in series:
                series[key] = (attributes, Duration(definition.kind))
                if counted is not None:
                    self._reads.setdefault(counted, []).append((attributes, series[key][1].count))
            return series[key][1]

    def watch(self, definition: Definition, attributes: Attributes, read: Read) -> None:
        """Read a number whenever metrics are collected; None leaves it out."""
        with self._lock:
            self._reads.setdefault(definition, []).append((attributes, read))

    def collect(self) -> list[export.Metric]:
        """Return everything as the SDK's metrics."""
        now = time.time_ns()
        with self._lock:
            durations = {each: list(series.values()) for each, series in self._durations.items()}
            reads = {each: list(series) for each, series in self._reads.items()}
        histograms = [
            _metric(definition, _histogram([histogram.point(about, self._since, now) for about, histogram in filled]))
            for definition, series in durations.items()
            if (filled := [(about, histogram) for about, histogram in series if histogram.count()])
        ]
        return histograms + [self._numbers(definition, series, now) for definition, series in reads.items()]

    def _numbers(self, definition: Definition, series: list[tuple[Attributes, Read]], now: int) -> export.Metric:
        points = list(self._added(series, now, gauge=definition.kind is Kind.GAUGE))
        if definition.kind is Kind.GAUGE:
            return _metric(definition, export.Gauge(points))
        return _metric(definition, export.Sum(points, export.AggregationTemporality.CUMULATIVE, is_monotonic=True))

    def _added(
        self, series: list[tuple[Attributes, Read]], now: int, *, gauge: bool
    ) -> Iterator[export.NumberDataPoint]:
        """Return a point for each set of attributes: equal clients count together; of a gauge, the newest's counts."""
        added: dict[tuple[object, ...], tuple[Attributes, int | float]] = {}
        for attributes, read in series:
            if (number := read()) is not None:
                key = tuple(sorted(attributes.items()))
                if key not in added and len(added) >= _MOST_SERIES - 1:
                    if gauge:  # what others measure has no sum
                        continue
                    attributes, key = _OVERFLOW, tuple(_OVERFLOW.items())
                before = 0 if gauge or key not in added else added[key][1]
                added[key] = (attributes, number + before)
        return (export.NumberDataPoint(about, self._since, now, number) for about, number in added.values())


def _histogram(points: list[export.HistogramDataPoint]) -> export.Histogram:
    return export.Histogram(points, export.AggregationTemporality.CUMULATIVE)


def _metric(definition: Definition, data: export.DataT) -> export.Metric:
    return export.Metric(definition.name, definition.description, definition.unit, data)
