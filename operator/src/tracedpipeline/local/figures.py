"""What metrics tell of all messages, sampled or not: how many, and how long they took. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_DELTA, HistogramDataPoint, Metric

from tracedpipeline.local.rates import Rates

QUEUE = "kafkatrace.queue.duration"
# From the record's timestamp to the end of its processing.
END_TO_END = "kafkatrace.since_timestamp.duration"
MOST_SERIES = 2_000

Series = tuple[bytes, str, bytes]


@dataclass(frozen=True)
class Histogram:
    """How many of the values lie between which bounds; the last count is of those above the last bound."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many values there are."""
        return sum(self.counts)

    def plus(self, other: "Histogram") -> "Histogram":
        """Return both together."""
        return replace(self, counts=tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)))

    def quantile(self, share: float) -> float | None:
        """Return the value that this share of the values do not exceed, as exactly as the bounds allow."""
        wanted, passed = share * self.count, 0
        for (low, high), count in zip(pairwise((0.0, *self.bounds)), self.counts, strict=False):
            if count and passed + count >= wanted:
                return low + (high - low) * (wanted - passed) / count
            passed += count
        return self.bounds[-1] if self.count and self.bounds else None


class Figures:
    """The histograms that were received last, of each process and each set of attributes."""

    def __init__(self) -> None:
        self._histograms: dict[Series, Histogram] = {}
        self.rates = Rates()

    def take(self, request: ExportMetricsServiceRequest) -> None:
        """Keep what a request has of histograms."""
        for resource in request.resource_metrics:
            process = resource.resource.SerializeToString(deterministic=True)
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    self._take(process, metric)
                    self.rates.take(process, metric)

    def _take(self, process: bytes, metric: Metric) -> None:
        for point in metric.histogram.data_points:
            key = process, metric.name, b"".join(sorted(each.SerializeToString() for each in point.attributes))
            if (found := _histogram(point)) is None or (key not in self._histograms and self._full):
                continue
            before = self._histograms.get(key)
            adds = metric.histogram.aggregation_temporality == AGGREGATION_TEMPORALITY_DELTA
            same = before is not None and before.bounds == found.bounds
            self._histograms[key] = before.plus(found) if before and adds and same else found

    @property
    def _full(self) -> bool:
        return len(self._histograms) >= MOST_SERIES

    def histogram(self, name: str) -> Histogram | None:
        """Return all values of a metric, whichever process measured them; None where there are none."""
        found = [histogram for (_, metric, _), histogram in self._histograms.items() if metric == name]
        return _together(found)


def _together(found: Sequence[Histogram]) -> Histogram | None:
    whole: Histogram | None = None
    for each in found:
        if whole is None:
            whole = each
        elif whole.bounds == each.bounds:
            whole = whole.plus(each)
    return whole


def _histogram(point: HistogramDataPoint) -> Histogram | None:
    if len(point.bucket_counts) != len(point.explicit_bounds) + 1:
        return None
    return Histogram(tuple(point.explicit_bounds), tuple(point.bucket_counts))


def told(figures: Figures) -> str | None:
    """Return the times of all messages in a line; None where none were measured."""
    whole = figures.histogram(END_TO_END)
    if whole is None or not whole.count:
        return None
    parts = [f"end to end {_quantiles(whole)}"]
    if queue := figures.histogram(QUEUE):
        parts.append(f"of that in the queue {_quantiles(queue)}")
    return f"all {whole.count} messages, sampled or not: {', '.join(parts)}"


def _quantiles(histogram: Histogram) -> str:
    return ", ".join(_milliseconds(histogram, name, share) for name, share in {"p50": 0.5, "p99": 0.99}.items())


def _milliseconds(histogram: Histogram, name: str, share: float) -> str:
    seconds = histogram.quantile(share)
    return f"{name} {'?' if seconds is None else f'{seconds * 1000:.1f}'} ms"
