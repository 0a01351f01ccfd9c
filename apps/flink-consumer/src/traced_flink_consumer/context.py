"""The trace context as fields of a record: nothing else survives Flink's shuffles and state."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import kafkatrace

# traceparent, tracestate, baggage; empty where there is none, for Flink's tuples know no null
Context: TypeAlias = tuple[str, str, str]
NAMES: Final = ("traceparent", "tracestate", "baggage")


def current() -> Context:
    """Return the current span's context."""
    headers = dict(kafkatrace.context_headers())
    traceparent, tracestate, baggage = (headers.get(name) for name in NAMES)
    return _text(traceparent), _text(tracestate), _text(baggage)


def headers_of(context: Sequence[str]) -> kafkatrace.Headers:
    """Return the context as a record's headers."""
    return list(fields_of(context).items())


def fields_of(context: Sequence[str]) -> dict[str, bytes]:
    """Return the context as a sink's headers."""
    return {name: text.encode() for name, text in zip(NAMES, context, strict=True) if text}


def _text(value: str | bytes | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""
