"""What spans say that were kept though their message was not sampled."""

from dataclasses import dataclass
from typing import Final

from kafkatrace.spans import otlp, protobuf, semconv

SLOW: Final = "slow"
ERROR: Final = "error"
_ATTRIBUTES: Final = {reason: protobuf.attributes(otlp.ATTRIBUTE, {semconv.KEPT: reason}) for reason in (SLOW, ERROR)}


@dataclass(frozen=True, slots=True)
class Kept:
    """Why it was kept, and the traceparent that its span has: the trace's id stays, so that logs lead to it."""

    reason: str
    traceparent: bytes


def attributes(reason: str) -> bytes:
    """Encode why a span was kept."""
    return _ATTRIBUTES[reason]


def sampled(traceparent: bytes, span_id: bytes) -> bytes:
    """Return the traceparent of a span in this trace that is exported."""
    return traceparent[:36] + span_id + (b"-03" if traceparent[54] & 2 else b"-01")


def unsampled_parent(traceparent: bytes) -> bytes:
    """Encode the ids of a parent that no back end has: it can't be the span's parent there."""
    ids = {
        semconv.UNSAMPLED_PARENT_TRACE_ID: traceparent[3:35].decode(),
        semconv.UNSAMPLED_PARENT_SPAN_ID: traceparent[36:52].decode(),
    }
    return protobuf.attributes(otlp.ATTRIBUTE, ids)
