"""From spans, figures and a verdict to the page. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tracedpipeline import naming
from tracedpipeline.jaeger import traces
from tracedpipeline.jaeger.traces import Journey, Span
from tracedpipeline.page import latency, offsets
from tracedpipeline.page.document import Flow, Measured, Page, Trace
from tracedpipeline.page.traces import trace
from tracedpipeline.verdict import Verdict

MOST_TRACES = 60
_LAG = "kafkatrace.consumer.lag"
_PARTITION = "messaging.destination.partition.id"


def build(
    pipeline: str,
    verdict: Verdict,
    spans: Sequence[Span],
    at: float,
    *,
    measured: Measured | None = None,
    earlier: Iterable[Trace] = (),
    topic: str = "",
) -> Page:
    """Return the page; `measured` is of all messages, `earlier` are traces of the page before this one."""
    journeys = traces.journeys(pipeline, spans)
    found = _traces(journeys, spans)
    figures = measured or latency.of_traces(found, [_waited(each) for each in journeys])
    known = {each.trace_id: each for each in (*earlier, *found)}
    kept = latency.spread(figures, list(known.values()), MOST_TRACES)
    page = Page(
        pipeline=pipeline,
        at=at,
        ok=verdict.ok,
        reason=verdict.reason,
        message=verdict.message,
        flow=_flow(pipeline, topic or _topic(journeys), figures, _lag(pipeline, spans)),
        covers=figures.covers,
        buckets=latency.buckets(figures, kept),
        traces=tuple(kept),
    )
    return page if measured else with_rates(page, spans)


def with_rates(page: Page, spans: Sequence[Span]) -> Page:
    """Return the page with messages a second as the offsets of these spans tell."""
    sent = offsets.a_second((span for span in spans if traces.is_send(span, page.pipeline)), page.at)
    processed = offsets.a_second((span for span in spans if traces.is_process(span, page.pipeline)), page.at)
    return replace(page, flow=replace(page.flow, sent_a_second=sent, processed_a_second=processed))


def _traces(journeys: Sequence[Journey], spans: Sequence[Span]) -> list[Trace]:
    by_trace: Mapping[str, list[Span]] = traces.by_trace(spans)
    # Of a batch each message has a journey: the newest of a trace stands for it.
    newest = {each.send.trace_id: each for each in reversed(journeys)}
    return [trace(each, by_trace[trace_id]) for trace_id, each in newest.items()]


def _waited(journey: Journey) -> float:
    return (journey.queue.end - journey.queue.start) / 1e6


def _topic(journeys: Sequence[Journey]) -> str:
    return journeys[0].send.name.partition(" ")[2] if journeys else ""


def _lag(pipeline: str, spans: Sequence[Span]) -> int | None:
    """Return how many records the group was behind, as the newest process span of each partition tells."""
    newest: dict[str, int] = {}
    for span in sorted(spans, key=lambda span: span.end):
        values = dict(span.attributes)
        lag = values.get(_LAG, "")
        if traces.is_process(span, pipeline) and lag.isascii() and lag.isdigit():
            newest[values.get(_PARTITION, "")] = int(lag)
    return sum(newest.values()) if newest else None


def _flow(pipeline: str, topic: str, figures: Measured, lag: int | None) -> Flow:
    return Flow(
        producer=naming.component(pipeline, naming.PRODUCER),
        topic=topic,
        consumer=naming.component(pipeline, naming.CONSUMER),
        sent_a_second=figures.sent_a_second,
        processed_a_second=figures.processed_a_second,
        p50=figures.p50,
        p99=figures.p99,
        queue_p50=figures.queue_p50,
        queue_p99=figures.queue_p99,
        lag=lag,
    )
