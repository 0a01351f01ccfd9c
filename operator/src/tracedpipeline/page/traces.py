"""Spans of a message as the bars of a waterfall. Pure."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tracedpipeline.jaeger.traces import Journey, Span
from tracedpipeline.page.document import Bar, Trace

MOST_BARS = 300
_MOST_CHARACTERS = 300
_UNCERTAINTY = ("kafkatrace.clock.uncertainty_ms", "kafkatrace.timestamp.resolution_ms")
_SKEWED = "kafkatrace.clock_skew"


def trace(journey: Journey, spans: Sequence[Span]) -> Trace:
    """Return a message's trace, its spans in the order of the tree that they are."""
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    bars = [_bar(span, depth, start) for span, depth in _tree(spans)]
    return Trace(
        trace_id=journey.send.trace_id,
        sent=journey.send.start / 1e6,
        end_to_end=journey.last_trace.end_to_end_milliseconds,
        latency=max(journey.process.end - journey.queue.start, 0) / 1e6,
        length=(end - start) / 1e6,
        bars=tuple(bars[:MOST_BARS]),
        left_out=max(len(bars) - MOST_BARS, 0),
    )


def _tree(spans: Iterable[Span]) -> Iterator[tuple[Span, int]]:
    """Yield each span once, below its parent; one whose parent is not known, or that is its own ancestor, has none."""
    ordered = sorted(spans, key=lambda span: (span.start, span.end))
    known = {span.span_id for span in ordered}
    children: dict[str, list[Span]] = defaultdict(list)
    for span in ordered:
        children[span.parent_id if span.parent_id in known else ""].append(span)
    seen: set[str] = set()
    for root in [*children[""], *ordered]:
        below = [(root, 0)]
        while below:
            span, depth = below.pop()
            if span.span_id not in seen:
                seen.add(span.span_id)
                yield span, depth
                below += [(child, depth + 1) for child in reversed(children[span.span_id])]


def _bar(span: Span, depth: int, start: int) -> Bar:
    values = dict(span.attributes)
    return Bar(
        service=span.service[:_MOST_CHARACTERS],
        name=span.name[:_MOST_CHARACTERS],
        depth=depth,
        offset=(span.start - start) / 1e6,
        length=max(span.end - span.start, 0) / 1e6,
        error=span.error[:_MOST_CHARACTERS],
        uncertainty=max(_number(values.get(name, "")) for name in _UNCERTAINTY),
        skewed=values.get(_SKEWED) == "true",
        attributes=span.attributes,
    )


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        return 0.0
    return found if math.isfinite(found) and found > 0 else 0.0
