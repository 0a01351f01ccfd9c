"""What the page of a running `up` shows: the verdict, the newest traces, and the figures of all messages."""

import time
from datetime import UTC, datetime

from tracedpipeline import reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.jaeger.client import Jaeger, JaegerError
from tracedpipeline.jaeger.traces import Span
from tracedpipeline.jaeger.window import Window, window_of
from tracedpipeline.local import figures, rates
from tracedpipeline.local.figures import Figures
from tracedpipeline.page import build
from tracedpipeline.page.document import Measured, Page, Trace
from tracedpipeline.untrusted.bounded_http import open_session
from tracedpipeline.verdict import Verdict


class Watch:
    """Looks for the page; `url` is where traces are read back."""

    def __init__(self, pipeline: TracedPipeline, url: str, counted: Figures) -> None:
        self._pipeline = pipeline
        self._url = url
        self._figures = counted
        self._traces: tuple[Trace, ...] = ()
        self._verdict = Verdict(None, reasons.WAITING_FOR_SPANS, "Kafka, producer and consumer are starting")

    def note(self, verdict: Verdict) -> None:
        """Keep what the proof has found last."""
        self._verdict = verdict

    async def look(self) -> Page:
        """Return the page as it is now; traces of rare latencies stay on it."""
        topic, verdict = self._pipeline.spec.kafka.topic.name, self._verdict
        try:
            spans = await self._spans(topic)
        except JaegerError as error:
            spans, verdict = [], Verdict(False, reasons.JAEGER_UNREACHABLE, str(error))
        page = build.build(
            self._pipeline.name,
            verdict,
            spans,
            time.time() * 1000,
            measured=measured(self._figures),
            earlier=self._traces,
            topic=topic,
        )
        self._traces = page.traces
        return page

    async def _spans(self, topic: str) -> list[Span]:
        window = Window.newest(window_of(self._pipeline), datetime.now(UTC))
        async with open_session() as session:
            return await Jaeger(session, self._url, self._pipeline.name).messages(topic, window)


def measured(counted: Figures) -> Measured | None:
    """Return the figures of all messages in milliseconds; None while nobody has sent any."""
    whole = counted.histogram(figures.END_TO_END)
    if whole is None or not whole.count:
        return None
    queue = counted.histogram(figures.QUEUE)
    return Measured(
        bounds=tuple(bound * 1000 for bound in whole.bounds),
        counts=whole.counts,
        covers=f"all {whole.count:,} messages, sampled or not",
        p50=_milliseconds(whole, 0.5),
        p99=_milliseconds(whole, 0.99),
        queue_p50=_milliseconds(queue, 0.5),
        queue_p99=_milliseconds(queue, 0.99),
        sent_a_second=counted.rates.a_second(rates.SENT),
        processed_a_second=counted.rates.a_second(rates.PROCESSED),
    )


def _milliseconds(histogram: figures.Histogram | None, share: float) -> float | None:
    seconds = histogram.quantile(share) if histogram else None
    return None if seconds is None else seconds * 1000
