"""Spans that the SDK makes, such as a user's own by Tracing.tracer, into our pipeline."""

from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from kafkatrace.export.batch import Batch
from kafkatrace.export.pipeline import Pipeline


class OwnSpans(SpanProcessor):
    """Hands ended spans to a pipeline."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Count the span: whatever becomes of it, it must be exported or show as dropped."""
        if span.get_span_context().trace_flags.sampled:
            self._pipeline.begin_span()

    def on_end(self, span: ReadableSpan) -> None:
        """Queue the span for export."""
        context = span.get_span_context()
        if context is not None and context.trace_flags.sampled:
            self._pipeline.put((self, span))

    def account(self, item: tuple[Any, ...]) -> int:
        """Count one span."""
        return 1

    def encode(self, item: tuple[Any, ...], batch: Batch) -> None:
        """Leave the encoding to the SDK."""
        batch.made_by_sdk.append(item[1])
