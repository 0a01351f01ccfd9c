"""Latencies in buckets, each with traces that are of it. Pure."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from tracedpipeline.page.document import Bucket, Measured, Trace

_BOUNDS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 6e5)
TRACES_OF_BUCKET = 5


def of_traces(traces: Sequence[Trace], queued: Sequence[float]) -> Measured:
    """Return what the traces that were read back tell, where no metrics are; `queued` are their queue times."""
    counts = [0] * (len(_BOUNDS) + 1)
    for trace in traces:
        counts[bisect_left(_BOUNDS, trace.latency)] += 1
    taken = sorted(trace.latency for trace in traces)
    waited = sorted(queued)
    return Measured(
        bounds=_BOUNDS,
        counts=tuple(counts),
        covers=f"the newest {len(traces)} traces" if len(traces) != 1 else "one trace",
        p50=_quantile(taken, 0.5),
        p99=_quantile(taken, 0.99),
        queue_p50=_quantile(waited, 0.5),
        queue_p99=_quantile(waited, 0.99),
    )


def _quantile(values: Sequence[float], share: float) -> float | None:
    return values[int(share * len(values))] if values else None


def buckets(measured: Measured, traces: Sequence[Trace]) -> tuple[Bucket, ...]:
    """Return the buckets from the first to the last that has messages or traces."""
    found: dict[int, list[str]] = defaultdict(list)
    for trace in traces:
        found[bisect_left(measured.bounds, trace.latency)].append(trace.trace_id)
    lows_and_highs = pairwise((0.0, *measured.bounds, None))
    whole = [
        Bucket(low or 0.0, high, count, tuple(found[index][:TRACES_OF_BUCKET]))
        for index, ((low, high), count) in enumerate(zip(lows_and_highs, measured.counts, strict=True))
    ]
    used = [index for index, bucket in enumerate(whole) if bucket.count or bucket.traces]
    return tuple(whole[used[0] : used[-1] + 1]) if used else ()


def spread(measured: Measured, traces: Sequence[Trace], most: int) -> list[Trace]:
    """Return the newest traces, `most` of them at most, of which each bucket keeps some, however rare."""
    by_bucket: dict[int, list[Trace]] = defaultdict(list)
    for trace in sorted(traces, key=lambda trace: trace.sent, reverse=True):
        by_bucket[bisect_left(measured.bounds, trace.latency)].append(trace)
    kept = [each for found in by_bucket.values() for each in found[:TRACES_OF_BUCKET]]
    return sorted(kept, key=lambda trace: trace.sent, reverse=True)[:most]
