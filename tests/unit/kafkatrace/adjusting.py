"""What Jaeger's clock-skew adjuster says of spans (v1.76, that is Jaeger 2.13).

https://github.com/jaegertracing/jaeger/blob/v1.76.0/cmd/query/app/querysvc/v2/adjuster/clockskew.go: spans of one host
have one clock; a span of another host than its parent's, or of none, is to begin after its parent and, unless it is the
longer one, to lie within it. What is beneath is moved as far as it is. Adjusting is off unless configured: all of it is
warned of instead.
"""

from collections import defaultdict
from collections.abc import Iterable

from opentelemetry.sdk.trace import ReadableSpan


def warnings(spans: Iterable[ReadableSpan]) -> list[tuple[str, int]]:
    """Return the name of each span that Jaeger warns of, with the nanoseconds by which it would be moved."""
    by_id = {_id(span): span for span in spans}
    children = defaultdict[int | None, list[ReadableSpan]](list)
    for span in by_id.values():
        children[span.parent.span_id if span.parent and span.parent.span_id in by_id else None].append(span)
    found: list[tuple[str, int]] = []
    waiting: list[tuple[ReadableSpan, str, int]] = [(root, host(root), 0) for root in children[None]]
    while waiting:
        span, by_host, delta = waiting.pop()
        if delta:
            found.append((span.name, delta))
        for child in children[_id(span)]:
            same = host(child) == by_host and host(child)
            waiting.append((child, host(child), delta if same else _skew(child, span)))
    return found


def host(span: ReadableSpan) -> str:
    """Return what tells a span's host."""
    attributes = span.resource.attributes
    return next((str(attributes[key]) for key in ("host.id", "host.ip", "host.name") if key in attributes), "")


def _skew(child: ReadableSpan, parent: ReadableSpan) -> int:
    (start, end), (above, beneath) = _times(child), _times(parent)
    if end - start > beneath - above:
        return max(above - start, 0)
    if above <= start and end <= beneath:
        return 0
    return above + ((beneath - above) - (end - start)) // 2 - start


def _times(span: ReadableSpan) -> tuple[int, int]:
    assert span.start_time is not None
    assert span.end_time is not None
    return span.start_time, span.end_time


def _id(span: ReadableSpan) -> int:
    context = span.get_span_context()
    assert context is not None
    return context.span_id
