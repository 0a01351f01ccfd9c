"""How often something happens a second, by what processes counted between two of their exports. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AGGREGATION_TEMPORALITY_DELTA,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
)

SENT = "messaging.client.sent.messages"
PROCESSED = "messaging.process.duration"
MOST_SERIES = 2_000

Series = tuple[bytes, str, bytes]


@dataclass(frozen=True)
class Count:
    """What was counted until a time, Unix nanoseconds, and how fast it grew before that; None where nobody knows."""

    total: float
    until: int
    a_second: float | None


class Rates:
    """The counts that were received last, of each process and each set of attributes."""

    def __init__(self) -> None:
        self._counts: dict[Series, Count] = {}

    def take(self, process: bytes, metric: Metric) -> None:
        """Count what a metric says that is one of ours."""
        if metric.name not in (SENT, PROCESSED):
            return
        for point in _points(metric):
            key = process, metric.name, b"".join(sorted(each.SerializeToString() for each in point.attributes))
            if key in self._counts or len(self._counts) < MOST_SERIES:
                self._counts[key] = _next(self._counts.get(key), point, adds=_adds(metric))

    def a_second(self, name: str) -> float | None:
        """Return how fast all series of a metric grow together; None where that is known of none."""
        found = [each.a_second for (_, metric, _), each in self._counts.items() if metric == name]
        known = [each for each in found if each is not None]
        return sum(known) if known else None


def _points(metric: Metric) -> Iterator[HistogramDataPoint | NumberDataPoint]:
    yield from metric.histogram.data_points
    yield from metric.sum.data_points


def _adds(metric: Metric) -> bool:
    return AGGREGATION_TEMPORALITY_DELTA in (
        metric.histogram.aggregation_temporality,
        metric.sum.aggregation_temporality,
    )


def _next(before: Count | None, point: HistogramDataPoint | NumberDataPoint, *, adds: bool) -> Count:
    total, until = _total(point), point.time_unix_nano
    if before is None:
        since = point.start_time_unix_nano
        return Count(total, until, _a_second(total, until - since) if since else None)
    grown = total if adds else total - before.total
    if grown < 0:  # the process began to count again
        return Count(total, until, None)
    return Count(before.total + grown, until, _a_second(grown, until - before.until))


def _total(point: HistogramDataPoint | NumberDataPoint) -> float:
    return point.count if isinstance(point, HistogramDataPoint) else point.as_int or point.as_double


def _a_second(grown: float, nanoseconds: int) -> float | None:
    return grown / (nanoseconds / 1e9) if nanoseconds > 0 else None
