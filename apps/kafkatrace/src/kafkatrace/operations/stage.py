"""Spans of what is done with a record after its process span, in another thread, process or machine."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from time import time_ns
from typing import Final

from opentelemetry import trace
from opentelemetry.trace import Span, SpanContext, SpanKind
from opentelemetry.util.types import AttributeValue

from kafkatrace import propagation
from kafkatrace.context import w3c
from kafkatrace.context.context_var import suppressed, variable
from kafkatrace.context.headers import Headers
from kafkatrace.export.batch import Batch
from kafkatrace.spans import otlp, semconv
from kafkatrace.spans.message_span import MessageSpan
from kafkatrace.tracing import Tracing, chosen

_PARENT: Final = slice(36, 52)


class Stage:
    """One kind of work, such as an operator of a stream processor: the spans' name and what all of them say.

    `attributes` are on each of them; `tracing` is what kafkatrace.configure() returned, else what was configured last.
    """

    metrics_enabled = keeps = keeps_errors = False  # nothing about those that are not recorded

    def __init__(
        self, name: str, attributes: Mapping[str, AttributeValue] | None = None, *, tracing: Tracing | None = None
    ) -> None:
        self._tracing = chosen(tracing)
        self._attributes = dict(attributes or {})
        self._prefix = self._named(name)
        self.limits = self._tracing.limits
        self.open: dict[int, MessageSpan] = {}
        self._tracing.unfinished.open_spans.add(self)
        self.put: Callable[[MessageSpan], None] = self._tracing.pipeline.put

    def continue_trace(self, headers: Headers | None) -> AbstractContextManager[Span]:
        """Go on with one record inside `with stage.continue_trace(headers)`: headers with what context_headers() made.

        The span, as process()'s, is the current one, and the record's baggage the current baggage.
        """
        if self._off():
            return nullcontext(trace.INVALID_SPAN)
        propagated = propagation.extract(headers)
        span = self._span(propagated.traceparent, propagated.state)
        span.baggage = propagated.baggage if self._tracing.carries_baggage else None
        return span

    def batch_span(self, links: Sequence[SpanContext], count: int, start_ns: int) -> AbstractContextManager[Span]:
        """Draw the span of work on many records at once, such as a window's: a trace of its own with links to theirs.

        It is sampled if one of them is. `count` is how many records there were, more than links perhaps; it began at
        `start_ns`, nanoseconds since the epoch.
        """
        if self._off():
            return nullcontext(trace.INVALID_SPAN)
        span = self._span(None, "", sampled=any(link.trace_flags.sampled for link in links))
        span.start = start_ns
        span.set_attribute(semconv.MESSAGING_BATCH_MESSAGE_COUNT, count)
        for link in links:
            span.add_link(link)
        return span

    def _off(self) -> bool:
        return not self._tracing.enabled or suppressed(variable.get())

    def _span(self, parent: bytes | None, state: str, *, sampled: bool = False) -> MessageSpan:
        span = MessageSpan()
        span.receiver = self
        span.ambient = variable.get()
        span.sender, span.state = parent, state
        if parent is not None:
            span.traceparent = self._tracing.child(parent)
        else:
            root = self._tracing.roots.take()
            span.traceparent = root[:54] + b"3" if sampled else root
        span.topic = ""
        span.ended_at = 0
        span.recording = bool(span.traceparent[54] & 1)
        if span.recording:
            self._tracing.pipeline.begin_span()
        span.start = time_ns()
        return span

    def keep(self, span: MessageSpan) -> None:
        """Leave out a span that is not sampled."""

    # ---- in the background

    def account(self, span: MessageSpan) -> int:
        """Count a span."""
        return int(span.recording)

    def encode(self, span: MessageSpan, batch: Batch) -> None:
        """Encode a span."""
        own, parent = span.traceparent, span.sender
        ids = own[3:35] + own[_PARENT] + (b"" if parent is None else parent[_PARENT])
        remote = 0 if parent is None else otlp.REMOTE
        rest = [self._prefix]
        if span.details is not None:
            rest = [self._named(span.details.name) if span.details.name else self._prefix, span.details.encode()]
        flags = own[54] & w3c.KNOWN_FLAGS | remote
        batch.service.append(otlp.span(ids, span.start, span.ended_at, rest, flags=flags, state=span.state.encode()))

    def _named(self, name: str) -> bytes:
        return otlp.span_prefix(name, SpanKind.INTERNAL, self._attributes)
