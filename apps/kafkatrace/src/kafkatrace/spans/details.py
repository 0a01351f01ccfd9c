"""What a user adds to a process span: attributes, events, links, a status, another name."""

import time

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.trace import SpanLimits
from opentelemetry.trace import SpanContext, Status, StatusCode
from opentelemetry.util.types import Attributes

from kafkatrace.context import w3c
from kafkatrace.spans import otlp, protobuf, semconv
from kafkatrace.spans.errors import error_type, exception_attributes, words


class Details:
    """Kept within the SDK's limits (OTEL_SPAN_*_LIMIT, OTEL_ATTRIBUTE_*_LIMIT)."""

    def __init__(self, limits: SpanLimits) -> None:
        self._limits = limits
        self.name: str | None = None
        self._attributes = BoundedAttributes(
            limits.max_span_attributes, immutable=False, max_value_len=limits.max_span_attribute_length
        )
        self._events: list[bytes] = []
        self._links: list[bytes] = []
        self._dropped_events = self._dropped_links = 0
        self._status = Status(StatusCode.UNSET)

    def set_attribute(self, key: str, value: object) -> None:
        """Set one attribute; what is no OpenTelemetry value is refused with a warning, as by the SDK."""
        self._attributes[key] = value  # type: ignore[assignment] # checked there

    def add_event(self, name: str, attributes: Attributes, timestamp: int | None) -> None:
        """Add an event; beyond the limit it is counted as dropped."""
        if _full(self._events, self._limits.max_events):
            self._dropped_events += 1
            return
        kept = BoundedAttributes(
            self._limits.max_event_attributes, attributes, max_value_len=self._limits.max_attribute_length
        )
        now = time.time_ns() if timestamp is None else timestamp
        self._events.append(otlp.event(name, now, kept, kept.dropped))

    def add_link(self, context: SpanContext, attributes: Attributes) -> None:
        """Add a link; beyond the limit it is counted as dropped."""
        if not context.is_valid or _full(self._links, self._limits.max_links):
            self._dropped_links += context.is_valid
            return
        kept = BoundedAttributes(
            self._limits.max_link_attributes, attributes, max_value_len=self._limits.max_attribute_length
        )
        flags = context.trace_flags & w3c.KNOWN_FLAGS | (otlp.REMOTE if context.is_remote else 0)
        ids = b"%032x%016x" % (context.trace_id, context.span_id)
        self._links.append(otlp.link(ids, flags, kept, w3c.format_tracestate(context.trace_state), kept.dropped))

    @property
    def has_failed(self) -> bool:
        """Whether the status is ERROR."""
        return self._status.status_code is StatusCode.ERROR

    def set_status(self, status: Status) -> None:
        """Set the status: OK is final, and unset changes nothing."""
        if self._status.status_code is not StatusCode.OK and status.status_code is not StatusCode.UNSET:
            self._status = status

    def record_exception(
        self, error: BaseException, attributes: Attributes, timestamp: int | None, *, escaped: bool
    ) -> None:
        """Add the event `exception`, with the stack trace."""
        about = exception_attributes(error, attributes, escaped=escaped)
        self.add_event("exception", about, timestamp)

    def fail(self, error: BaseException) -> None:
        """Mark the span with the exception that ended it."""
        self.record_exception(error, None, None, escaped=False)
        self.set_attribute(semconv.ERROR_TYPE, error_type(error))
        self.set_status(Status(StatusCode.ERROR, words(error)))

    def encode(self) -> bytes:
        """Encode all but the name."""
        return b"".join(
            (
                protobuf.attributes(otlp.ATTRIBUTE, self._attributes),
                *self._events,
                *self._links,
                otlp.dropped(self._attributes.dropped, self._dropped_events, self._dropped_links),
                otlp.status(self._status.status_code, self._status.description),
            )
        )


def _full(items: list[bytes], limit: int | None) -> bool:
    return limit is not None and len(items) >= limit
