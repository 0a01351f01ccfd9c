"""Spans into a TracerProvider that a user made: through its processors, as if its own tracer had drawn them."""

from collections.abc import Sequence
from typing import Final

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider, _Span
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

_MILLISECONDS: Final = 5000


class ThroughProvider(SpanExporter):
    """Takes ended spans, and begins and ends each again before the provider's processors."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand the spans to the processors; what these keep to themselves is not known here."""
        for span in spans:
            self._draw(span)
        return SpanExportResult.SUCCESS

    def _draw(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        if context is None:
            return
        drawn = _Span(  # start_span() of its tracers takes no ids, which are in the record's headers already
            span.name,
            context,
            parent=span.parent,
            resource=span.resource,
            attributes=span.attributes,
            events=span.events,
            links=span.links,
            kind=span.kind,
            span_processor=self._provider._active_span_processor,
            instrumentation_scope=span.instrumentation_scope,
        )
        drawn.start(span.start_time)
        drawn.set_status(span.status)
        drawn.end(span.end_time)

    def shutdown(self) -> None:
        """Leave the provider as it is, for it is the user's, but have its processors export what they have."""
        self._provider.force_flush(_MILLISECONDS)
