"""The process span of one message."""

import logging
from collections.abc import Callable, Iterator, Mapping
from time import time_ns
from typing import Any, Final, Protocol

from opentelemetry.baggage import _BAGGAGE_KEY
from opentelemetry.context import Context
from opentelemetry.sdk.trace import SpanLimits
from opentelemetry.trace import Span, SpanContext, Status, StatusCode, TraceFlags
from opentelemetry.util.types import Attributes, AttributeValue

from kafkatrace.context import w3c
from kafkatrace.context.context_var import SPAN_KEY
from kafkatrace.hotpath.choose import SpanFields
from kafkatrace.spans import otlp
from kafkatrace.spans.details import Details
from kafkatrace.spans.errors import error_type, is_leaving
from kafkatrace.spans.kept import Kept

_logger = logging.getLogger(__name__)
MESSAGE_KEY: Final = "kafkatrace-message"  # of this span in contexts that are made from it
_LATEST: Final = (1 << 63) - 1  # of SpanFields
_AT_ONCE: Final = -1 << 63


class Ending(Protocol):
    """Who takes ended spans, by `put`."""

    limits: SpanLimits
    open: dict[int, "MessageSpan"]
    metrics_enabled: bool  # whether it wants those that are not recorded, too
    keeps: bool  # whether it looks at those that are not recorded when they end, by `keep`
    keeps_errors: bool
    put: Callable[["MessageSpan"], None]

    def keep(self, span: "MessageSpan") -> None:
        """Take a span that is not recorded and ended after its `keep_after`."""


class MessageSpan(SpanFields, Context, Span):
    """A message's process span, and at once the context in which it is the current one.

    One object instead of a span, its SpanContext and a context of two keys: with many messages a second these
    are most of the cost. Code that runs inside sees a usual OpenTelemetry context.
    """

    receiver: Ending

    # seldom other than this
    state = ""
    sender_state = ""  # where the span is linked
    baggage: Mapping[str, str] | None = None
    malformed: tuple[str, ...] = ()
    revoked = False
    details: Details | None = None
    kept: Kept | None = None

    @property
    def draws_queue(self) -> bool:
        """Whether its queue span is recorded, too: linked, it belongs to the sender's trace, if that is sampled."""
        return not self.linked or self.kept is not None or (self.sender is not None and bool(self.sender[54] & 1))

    @property
    def has_failed(self) -> bool:
        """Whether it ended by an exception, or its handler says that it failed."""
        return self.failure is not None or (self.details is not None and self.details.has_failed)

    def failed(self, error: BaseException) -> None:
        """Take the exception that ends the span; leaving the block is no failure."""
        if is_leaving(error):
            return
        if self.recording or self.receiver.keeps:
            self._detailed().fail(error)
        self.failure = error_type(error)
        if self.receiver.keeps_errors:
            self.keep_after = _AT_ONCE

    def lost(self, error: BaseException) -> None:
        """Take what kept the span from being ended: it is lost, and the handler goes on."""
        _logger.error("a span could not be ended", exc_info=error)

    # ---- OpenTelemetry's Span

    def end(self, end_time: int | None = None) -> None:
        """End the span, once."""
        try:
            if not self.ended_at:
                self.receiver.open.pop(id(self), None)
                self.ended_at = time_ns() if end_time is None else min(otlp.clamp(end_time), _LATEST) or -1  # 0: no end
                self._hand_over()
        except Exception as wrong:  # a handler may set any field to anything
            self.lost(wrong)

    def _hand_over(self) -> None:
        if self.recording:
            self.receiver.put(self)
        elif self.ended_at > self.keep_after:
            self.receiver.keep(self)
        else:
            self.message = None
            if self.receiver.metrics_enabled:
                self.receiver.put(self)

    def get_span_context(self) -> SpanContext:
        """Return the ids and flags."""
        state = w3c.parse_tracestate(self.state.encode()) if self.state else None
        _, trace_id, span_id, flags = self.traceparent.split(b"-")
        return SpanContext(int(trace_id, 16), int(span_id, 16), False, TraceFlags(int(flags, 16)), state)

    def is_recording(self) -> bool:
        """Return whether the span takes what is added: until it ends, where it is sampled or may be kept."""
        return (self.recording or self.receiver.keeps) and not self.ended_at

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Set several attributes."""
        for key, value in attributes.items():
            self.set_attribute(key, value)

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        """Set one attribute."""
        if self.is_recording():
            self._detailed().set_attribute(key, value)

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        """Add an event."""
        if self.is_recording():
            self._detailed().add_event(name, attributes, timestamp)

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        """Add a link."""
        if self.is_recording():
            self._detailed().add_link(context, attributes)

    def update_name(self, name: str) -> None:
        """Replace `process T`."""
        if self.is_recording():
            self._detailed().name = name

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Set the status."""
        if self.is_recording():
            given = status if isinstance(status, Status) else Status(status, description)
            self._detailed().set_status(given)
            if self.receiver.keeps_errors and self._detailed().has_failed:
                self.keep_after = _AT_ONCE

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Record an exception that the handler dealt with itself."""
        if self.is_recording():
            self._detailed().record_exception(exception, attributes, timestamp, escaped=escaped)

    def _detailed(self) -> Details:
        if self.details is None:
            self.details = Details(self.receiver.limits)
        return self.details

    # ---- OpenTelemetry's Context, a read-only dict

    def copy(self) -> dict[str, object]:
        """Make a dict of all keys; the API's set_value() builds on it."""
        whole = {**self.ambient, SPAN_KEY: self, MESSAGE_KEY: self}
        whole.pop(_BAGGAGE_KEY, None)  # of another trace
        if self.baggage:
            whole[_BAGGAGE_KEY] = self.baggage
        return whole

    def get(self, key: str, default: object = None) -> Any:
        """Look a key up."""
        if key in (SPAN_KEY, MESSAGE_KEY):
            return self
        if key == _BAGGAGE_KEY:
            return self.baggage or default
        return self.ambient.get(key, default)

    def __getitem__(self, key: str) -> object:
        return self.copy()[key]

    def __contains__(self, key: object) -> bool:
        return key in self.copy()

    def __iter__(self) -> Iterator[str]:
        return iter(self.copy())

    def __len__(self) -> int:
        return len(self.copy())

    def __bool__(self) -> bool:
        return True

    def keys(self) -> Any:
        """Return all keys."""
        return self.copy().keys()

    def values(self) -> Any:
        """Return all values."""
        return self.copy().values()

    def items(self) -> Any:
        """Return all pairs."""
        return self.copy().items()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:  # a dict has one of its own
        return self is not other

    __hash__ = object.__hash__  # type: ignore[assignment] # of a dict it is None, of a span not

    def __repr__(self) -> str:
        return f"MessageSpan({self.topic!r}, {self.traceparent.decode()!r})"
