"""Cumulative metrics as what came since the last export that was taken: some back ends take nothing else.

https://opentelemetry.io/docs/specs/otel/metrics/data-model/#temporality
"""

from dataclasses import replace
from typing import Any, Final

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    Sum,
)

from kafkatrace.metrics.exponential import less

_DELTA: Final = AggregationTemporality.DELTA


class Delta:
    """Remembers what was taken; what was not is in the next export, too."""

    def __init__(self) -> None:
        self._taken: dict[object, Any] = {}
        self._offered: dict[object, Any] = {}

    def of(self, data: MetricsData) -> MetricsData:
        """Return what is new in it."""
        self._offered = {}
        return replace(
            data,
            resource_metrics=[
                replace(
                    group,
                    scope_metrics=[
                        replace(
                            scope, metrics=[new for each in scope.metrics if (new := self._metric(each)) is not None]
                        )
                        for scope in group.scope_metrics
                    ],
                )
                for group in data.resource_metrics
            ],
        )

    def taken(self) -> None:
        """Note that it was taken."""
        self._taken = self._offered  # what is no longer offered begins again where it comes back

    def _metric(self, metric: Metric) -> Metric | None:
        data = metric.data
        if not isinstance(data, Sum | Histogram | ExponentialHistogram):
            return metric  # a gauge is neither
        points = [new for each in data.data_points if (new := self._point(metric.name, each)) is not None]
        if not points:
            return None
        either: Any = data  # mypy has no type for what replaces a union's field
        return replace(metric, data=replace(either, data_points=points, aggregation_temporality=_DELTA))

    def _point(self, name: str, point: Any) -> Any:
        key = (name, tuple(sorted((point.attributes or {}).items())))
        before = self._taken.get(key)
        self._offered[key] = point
        if before is None or before.start_time_unix_nano != point.start_time_unix_nano:
            return point  # it is new, or began again
        if isinstance(point, NumberDataPoint):
            added = point.value - before.value
            return replace(point, value=added, start_time_unix_nano=before.time_unix_nano) if added else None
        if point.count == before.count:
            return None
        return (_exponential if isinstance(point, ExponentialHistogramDataPoint) else _histogram)(point, before)


def _exponential(
    point: ExponentialHistogramDataPoint, before: ExponentialHistogramDataPoint
) -> ExponentialHistogramDataPoint:
    unknown: Any = None  # as below
    return replace(
        point,
        positive=less(point.positive, before.positive),
        zero_count=point.zero_count - before.zero_count,
        count=point.count - before.count,
        sum=point.sum - before.sum,
        min=unknown,
        max=unknown,
        start_time_unix_nano=before.time_unix_nano,
    )


def _histogram(point: HistogramDataPoint, before: HistogramDataPoint) -> HistogramDataPoint:
    pairs = zip(point.bucket_counts, before.bucket_counts, strict=True)
    unknown: Any = None  # the lowest and the highest are those since the start
    return replace(
        point,
        bucket_counts=[now - then for now, then in pairs],
        count=point.count - before.count,
        sum=point.sum - before.sum,
        min=unknown,
        max=unknown,
        start_time_unix_nano=before.time_unix_nano,
    )
