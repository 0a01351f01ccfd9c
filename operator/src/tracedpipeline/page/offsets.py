"""How many messages a second there are, as offsets tell: they count those that no trace was sampled of, too. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from tracedpipeline.jaeger.traces import Span

# A rate is told as that of now for so long.
_FRESH_NANOSECONDS = 60 * 10**9


def fresh(spans: Iterable[Span], at: float) -> list[Span]:
    """Return the spans, each once, that tell of the rate of now, which are those with a place."""
    by_id = {(span.trace_id, span.span_id): span for span in spans if span.place and _is_fresh(span.end, at)}
    return list(by_id.values())


def a_second(spans: Iterable[Span], at: float) -> float | None:
    """Return how many records a second there were between the oldest and the newest of each partition's spans.

    None where that is long before `at`, or no partition has two.
    """
    partitions: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)
    for span in spans:
        if span.place:
            partition, offset = span.place
            partitions[span.name, partition][offset] = span.end
    rates = [rate for ends in partitions.values() if (rate := _rate(ends))]
    newest = max((end for ends in partitions.values() for end in ends.values()), default=0)
    return sum(rates) if rates and _is_fresh(newest, at) else None


def _is_fresh(end: int, at: float) -> bool:
    return at * 1e6 - end <= _FRESH_NANOSECONDS


def _rate(ends: dict[int, int]) -> float | None:
    """Return one partition's rate, from the times of its offsets."""
    first, last = min(ends), max(ends)
    passed = ends[last] - ends[first]
    return (last - first) * 1e9 / passed if passed > 0 else None
