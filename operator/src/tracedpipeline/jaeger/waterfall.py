"""A trace as a waterfall of text. Pure.

kafkatrace's demo draws its own: the library needs no operator, and the operator's image no library that is compiled.
"""

from collections.abc import Sequence

from tracedpipeline.jaeger.traces import Span

BAR = 32
FULL = "█"


def draw(spans: Sequence[Span], end_to_end_milliseconds: float) -> str:
    """Return the trace's spans, one a line, in the order of their start, with bars on a common scale.

    The whole trace, which is what Jaeger's page tells, is longer than its message's way from end to end where something
    goes on after the process span, as in Flink.
    """
    start = min(span.start for span in spans)
    length = max(max(span.end for span in spans) - start, 1)
    labels = {span.span_id: f"{span.service}  {span.name}" for span in spans}
    width = max(map(len, labels.values()))
    lines = [f"trace {spans[0].trace_id}   {_lengths(end_to_end_milliseconds, length / 1e6)}", ""]
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        offset, duration = (span.start - start) / 1e6, (span.end - span.start) / 1e6
        bar = _bar(span.start - start, span.end - start, length)
        lines.append(f"{labels[span.span_id]:<{width}} │{bar}│ {offset:8.1f} +{duration:.1f} ms")
    return "\n".join(lines)


def _lengths(end_to_end: float, whole: float) -> str:
    told = f"end to end {end_to_end:.1f} ms"
    return told if f"{whole:.1f}" == f"{end_to_end:.1f}" else f"{told}, whole trace {whole:.1f} ms"


def _bar(begin: int, end: int, length: int) -> str:
    first = min(BAR * begin // length, BAR - 1)
    last = max(first + 1, -(-BAR * end // length))
    return (" " * first + FULL * (last - first)).ljust(BAR)[:BAR]
