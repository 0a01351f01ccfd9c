"""Trace context and baggage: out of a message's headers and into them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from confluent_kafka import Message
from opentelemetry import baggage, trace
from opentelemetry.context import Context, get_current

from kafkatrace.context import w3c
from kafkatrace.context.headers import Headers, is_pair, last, replaced
from kafkatrace.spans.message_span import MessageSpan

TRACEPARENT: Final = "traceparent"
TRACESTATE: Final = "tracestate"
BAGGAGE: Final = "baggage"
NAMES: Final = frozenset((TRACEPARENT, TRACESTATE, BAGGAGE))
_T = TypeVar("_T")


class HasHeaders(Protocol):
    """A message, as far as this module looks."""

    def headers(self) -> Headers | None:
        """Return the message's headers."""


@dataclass(frozen=True, slots=True)
class Propagated:
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


NOTHING: Final = Propagated(None)
_MARK: Final = "kafkatrace.headers.unreadable"
UNREADABLE: Final[list[tuple[str, str | bytes | None]]] = [(_MARK, None)]


def headers_of(message: HasHeaders) -> object:
    """Return a message's headers, UNREADABLE where one's name is not UTF-8.

    confluent-kafka 2.16 then raises (SystemError at times), and the next time gives a list of null pointers, which
    ends the process when anybody looks at it: so such a message has only this mark from here on.
    """
    try:
        return message.headers()
    except Exception:
        return unreadable(message)


def unreadable(message: object) -> object:
    """Return a message whose headers raised the mark in their place."""
    if isinstance(message, Message):
        message.set_headers(list(UNREADABLE))
    return UNREADABLE


def read(message: HasHeaders) -> Propagated:
    """Read the context that a message carries; never raises."""
    return extract(headers_of(message))


def extract(headers: object) -> Propagated:
    """Read the context in headers; never raises."""
    if (alone := _alone(headers)) is not None:
        return Propagated(alone)
    if headers == UNREADABLE:
        return Propagated(None, malformed=("headers",))
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
    return Propagated(traceparent, state.to_header() if state else "", pairs or None, tuple(malformed))


def _alone(headers: object) -> bytes | None:
    """Return a good traceparent that is the only header: what most records have, and all that a step goes on from."""
    if type(headers) is list and len(headers) == 1 and is_pair(headers[0]):
        name, value = headers[0]
        if name == TRACEPARENT and type(value) is bytes:
            return w3c.canonical_traceparent(value)
    return None


def _as_bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "replace")


def ambient(context: Context) -> Propagated:
    """Read the context of the code that runs."""
    if isinstance(context, MessageSpan):
        return Propagated(context.traceparent, context.state, context.baggage)
    pairs = {key: str(value) for key, value in baggage.get_all(context).items()} or None
    span = trace.get_current_span(context).get_span_context()
    if not span.is_valid:
        return Propagated(None, baggage=pairs)
    return Propagated(w3c.format_traceparent(span), span.trace_state.to_header(), pairs)


def inject(headers: Headers | None, propagated: Propagated, traceparent: bytes) -> Headers:
    """Make headers with a span's context in place of the one that was there; the given object is not changed.

    Baggage that was there stays when there is no new one, if it can be read: others may not survive what can't.
    """
    added = propagated.headers(traceparent)
    if headers and not propagated.baggage:
        added += Propagated(None, baggage=extract(headers).baggage).headers(traceparent)[1:]
    made: Headers = replaced(headers, added, NAMES)
    return made


def context_headers(message: HasHeaders | None = None) -> Headers:
    """Make headers with the current context in them, beside those of `message`; for clients that aren't ours.

    kafkatrace.Producer does this by itself. Headers that can't be read are left out.
    """
    context = get_current()
    if message is None and isinstance(context, MessageSpan) and not context.state and not context.baggage:
        return [(TRACEPARENT, context.traceparent)]
    given = None if message is None else headers_of(message)
    headers: Any = None if given == UNREADABLE else given
    propagated = ambient(context)
    if propagated.traceparent is None:
        return headers or []
    return inject(headers, propagated, propagated.traceparent)
