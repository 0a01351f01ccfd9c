"""Base-2 exponential histograms of durations: buckets that are nine percent wide, however long the durations are.

https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
"""

from collections.abc import Sequence
from typing import Final

from opentelemetry.sdk.metrics.export import Buckets, ExponentialHistogramDataPoint

from kafkatrace.metrics.kinds import Attributes

_SCALE: Final = 3
_PER_OCTAVE: Final = 1 << _SCALE
_FIRST: Final = -20 * _PER_OCTAVE  # a microsecond
_LAST: Final = 20 * _PER_OCTAVE  # twelve days: longer ones are in the last bucket
_NONE: Final = Buckets(0, [])
BOUNDS: Final = tuple(2 ** (index / _PER_OCTAVE) for index in range(_FIRST, _LAST + 1))  # seconds


def point(
    attributes: Attributes, since: int, now: int, state: tuple[tuple[int, ...], int, int, int]
) -> ExponentialHistogramDataPoint:
    """Return a histogram's state as the SDK's data point, in seconds.

    What is shorter than the first bound counts as zero, also the negative ones of clocks that disagree.
    """
    (zero, *counts, beyond), total, lowest, highest = state
    counts[-1] += beyond
    return ExponentialHistogramDataPoint(
        attributes=attributes,
        start_time_unix_nano=since,
        time_unix_nano=now,
        count=zero + sum(counts),
        sum=total / 1e9,
        scale=_SCALE,
        zero_count=zero,
        positive=_trimmed(_FIRST, counts),
        negative=_NONE,
        flags=0,
        min=lowest / 1e9,
        max=highest / 1e9,
    )


def less(now: Buckets, before: Buckets) -> Buckets:
    """Return what came since: later buckets of the same histogram reach at least as far."""
    counts = list(now.bucket_counts)
    for place, count in enumerate(before.bucket_counts, before.offset - now.offset):
        counts[place] -= count
    return _trimmed(now.offset, counts)


def _trimmed(offset: int, counts: Sequence[int]) -> Buckets:
    filled = [place for place, count in enumerate(counts) if count]
    if not filled:
        return _NONE
    return Buckets(offset + filled[0], counts[filled[0] : filled[-1] + 1])
