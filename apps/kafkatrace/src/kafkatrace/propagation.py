"""Trace context and baggage: out of a message's headers and into them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from opentelemetry import baggage, trace
from opentelemetry.context import Context, get_current

from kafkatrace import w3c
from kafkatrace.headers import Headers, last, replaced
from kafkatrace.message_span import MessageSpan

TRACEPARENT: Final = "traceparent"
TRACESTATE: Final = "tracestate"
BAGGAGE: Final = "baggage"
NAMES: Final = frozenset((TRACEPARENT, TRACESTATE, BAGGAGE))
_T = TypeVar("_T")


class HasHeaders(Protocol):
    """A message, as far as this module looks."""

    def headers(self) -> Headers | None:
        """Give the message's headers."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A trace context on its way: `traceparent` is valid and of version 00, or None.

    `malformed` names the headers that could not be read.
    """

    traceparent: bytes | None
    state: str = ""
    baggage: Mapping[str, str] | None = None
    malformed: tuple[str, ...] = ()

    def headers(self, traceparent: bytes) -> list[tuple[str, bytes]]:
        """Make the headers of a span in this trace."""
        made = [(TRACEPARENT, traceparent)]
        if self.state:
            made.append((TRACESTATE, self.state.encode("ascii")))
        if self.baggage and (pairs := w3c.format_baggage(self.baggage)):
            made.append((BAGGAGE, pairs))
        return made


NOTHING: Final = Carried(None)


def read(message: HasHeaders) -> Carried:
    """Read the context that a message carries; never raises."""
    try:
        headers = message.headers()
    except Exception:  # a header's *name* that is not UTF-8 makes confluent-kafka raise, SystemError at times
        return Carried(None, malformed=("headers",))
    return extract(headers)


def extract(headers: object) -> Carried:
    """Read the context in headers; never raises."""
    found = last(headers, NAMES)
    if not found:
        return NOTHING
    malformed: list[str] = []

    def parsed(name: str, parse: Callable[[bytes], _T | None]) -> _T | None:
        value = found.get(name)
        result = parse(_as_bytes(value)) if isinstance(value, str | bytes) else None
        if name in found and result is None:
            malformed.append(name)
        return result

    traceparent = parsed(TRACEPARENT, w3c.canonical_traceparent)
    state = parsed(TRACESTATE, w3c.parse_tracestate) if traceparent else None
    pairs = parsed(BAGGAGE, w3c.parse_baggage)
    return Carried(traceparent, state.to_header() if state else "", pairs or None, tuple(malformed))


def _as_bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "replace")


def ambient(context: Context) -> Carried:
    """Read the context of the code that runs."""
    if isinstance(context, MessageSpan):
        return Carried(context.traceparent, context.state, context.baggage)
    pairs = {key: str(value) for key, value in baggage.get_all(context).items()} or None
    span = trace.get_current_span(context).get_span_context()
    if not span.is_valid:
        return Carried(None, baggage=pairs)
    return Carried(w3c.format_traceparent(span), span.trace_state.to_header(), pairs)


def inject(headers: Headers | None, carried: Carried, traceparent: bytes) -> Headers:
    """Make headers with a span's context in place of the one that was there; the given object is not changed.

    A tracestate belongs to its traceparent, so an old one goes in any case; old baggage goes only when there
    is new.
    """
    added = carried.headers(traceparent)
    made: Headers = replaced(headers, added, {TRACESTATE, *(name for name, _ in added)})
    return made


def context_headers(message: HasHeaders | None = None) -> Headers:
    """Make headers with the current context in them, beside those of `message`; for clients that aren't ours.

    kafkatrace.Producer does this by itself. Headers that can't be read are left out.
    """
    try:
        headers = message.headers() if message is not None else None
    except Exception:  # see read()
        headers = None
    carried = ambient(get_current())
    if carried.traceparent is None:
        return headers or []
    return inject(headers, carried, carried.traceparent)
