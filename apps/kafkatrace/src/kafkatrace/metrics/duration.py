"""One histogram of durations."""

from typing import Final

from opentelemetry.sdk.metrics.export import ExponentialHistogramDataPoint, HistogramDataPoint

from kafkatrace.hotpath.choose import Histogram
from kafkatrace.metrics import exponential
from kafkatrace.metrics.kinds import Attributes, Kind

_BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_LONG_BOUNDS: Final = (*_BOUNDS, 30.0, 60.0, 300.0, 1800.0, 3600.0)  # records may wait for hours


class Duration(Histogram):
    """One histogram of durations, and its bounds."""

    def __init__(self, kind: Kind, *, is_exponential: bool = False) -> None:
        self._is_exponential = is_exponential
        explicit = _LONG_BOUNDS if kind is Kind.LONG_DURATION else _BOUNDS
        self.bounds = exponential.BOUNDS if is_exponential else explicit
        super().__init__(tuple(round(bound * 1e9) for bound in self.bounds))

    def count(self) -> int:
        """Return how many there were."""
        return sum(self.state()[0])

    def point(self, attributes: Attributes, since: int, now: int) -> HistogramDataPoint | ExponentialHistogramDataPoint:
        """Return the state as the SDK's data point, in seconds."""
        if self._is_exponential:
            return exponential.point(attributes, since, now, self.state())
        buckets, total, lowest, highest = self.state()
        return HistogramDataPoint(
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
