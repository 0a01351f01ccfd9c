"""Trace context and baggage: out of a message's headers and into them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from opentelemetry import baggage, trace
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, Context, get_value
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceState

from kafkatrace import w3c
from kafkatrace.headers import Headers, last, replaced

TRACEPARENT: Final = "traceparent"
TRACESTATE: Final = "tracestate"
BAGGAGE: Final = "baggage"
_NAMES: Final = frozenset((TRACEPARENT, TRACESTATE, BAGGAGE))
_T = TypeVar("_T")


class HasHeaders(Protocol):
    """A message, as far as this module looks."""

    def headers(self) -> Headers | None:
        """Give the message's headers."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a message's headers said; `malformed` names the headers that could not be read."""

    parent: SpanContext | None
    baggage: Mapping[str, str]
    malformed: tuple[str, ...] = ()

    def context(self, ambient: Context) -> Context:
        """Put the message's baggage in place of the ambient one, and its span as the parent."""
        context = baggage.clear(ambient)
        for key, value in self.baggage.items():
            context = baggage.set_baggage(key, value, context)
        parent = NonRecordingSpan(self.parent) if self.parent else trace.INVALID_SPAN
        return trace.set_span_in_context(parent, context)


def suppressed() -> bool:
    """Whether opentelemetry's suppress_instrumentation() is in force."""
    return bool(get_value(_SUPPRESS_INSTRUMENTATION_KEY) or get_value("suppress_instrumentation"))


def read(message: HasHeaders) -> Incoming:
    """Read the context that a message carries; never raises."""
    try:
        headers = message.headers()
    except Exception:  # a header's *name* that is not UTF-8 makes confluent-kafka raise, SystemError at times
        return Incoming(None, {}, ("headers",))
    return extract(headers)


def extract(headers: Headers | None) -> Incoming:
    """Read the context in headers: no valid traceparent means no parent; never raises."""
    found = last(headers, _NAMES)
    malformed: list[str] = []

    def parsed(name: str, parse: Callable[[bytes], _T | None]) -> _T | None:
        value = found.get(name)
        result = parse(_as_bytes(value)) if isinstance(value, str | bytes) else None
        if name in found and result is None:
            malformed.append(name)
        return result

    parent = parsed(TRACEPARENT, w3c.parse_traceparent)
    state = parsed(TRACESTATE, w3c.parse_tracestate) if parent else None
    pairs = parsed(BAGGAGE, w3c.parse_baggage) or {}
    return Incoming(_with_state(parent, state), pairs, tuple(malformed))


def _as_bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "replace")


def _with_state(parent: SpanContext | None, state: TraceState | None) -> SpanContext | None:
    if parent is None or not state:
        return parent
    return SpanContext(parent.trace_id, parent.span_id, True, parent.trace_flags, state)


def inject(headers: Headers | None, context: Context | None = None) -> Headers | None:
    """Make headers that carry the context (default: the current one); the given object is not changed.

    Without a valid span in the context they come back as they are. A tracestate belongs to its traceparent,
    so an old one goes in any case; old baggage goes only when the context has some.
    """
    span = trace.get_current_span(context).get_span_context()
    if not span.is_valid:
        return headers
    added = [(TRACEPARENT, w3c.format_traceparent(span))]
    if state := w3c.format_tracestate(span.trace_state):
        added.append((TRACESTATE, state))
    if pairs := w3c.format_baggage(baggage.get_all(context)):
        added.append((BAGGAGE, pairs))
    carried: Headers = replaced(headers, added, {TRACESTATE, *(name for name, _ in added)})
    return carried


def context_headers(message: HasHeaders | None = None) -> Headers:
    """Make headers with the current context in them, beside those of `message`; for clients that aren't ours.

    kafkatrace.Producer does this by itself. Headers that can't be read are left out.
    """
    try:
        headers = message.headers() if message is not None else None
    except Exception:  # see read()
        headers = None
    return inject(headers) or []
