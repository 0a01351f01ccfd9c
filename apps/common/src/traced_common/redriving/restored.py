"""A dead letter as the record that it was. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from opentelemetry.trace import SpanContext, TraceFlags

Header = tuple[str, str | bytes | None]
_ABOUT: Final = "dead-letter."
_TRUNCATED: Final = "dead-letter.truncated"
LOST: Final = "dead-letter.headers-lost"
_TRACEPARENT: Final = "traceparent"
_CONTEXT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


def headers(letter: Sequence[Header]) -> list[Header]:
    """Return the record's own headers: those that say why it is a dead letter are left out.

    The trace context stays; a send span of its own takes its place as the record is sent.
    """
    return [(name, value) for name, value in letter if not name.startswith(_ABOUT)]


def incomplete(letter: Sequence[Header]) -> str | None:
    """Return why a letter is not the whole record, or None: then it can be sent back."""
    names = {name for name, _ in letter}
    if _TRUNCATED in names:
        return "it was cut to fit the dead-letter topic"
    if LOST in names:
        return "its headers could not be read"
    return None


def context(letter: Sequence[Header]) -> SpanContext | None:
    """Return the trace that the record was in, None where it carries none that is valid."""
    values = [value for name, value in letter if name == _TRACEPARENT and value is not None]
    last = values[-1] if values else b""
    text = last if isinstance(last, str) else last.decode("ascii", "replace")
    found = _CONTEXT.fullmatch(text)
    if not found:
        return None
    trace, span, flags = (int(part, 16) for part in found.groups())
    made = SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(flags & 1))
    return made if made.is_valid else None
