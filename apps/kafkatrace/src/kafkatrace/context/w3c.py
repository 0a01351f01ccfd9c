"""The W3C Trace Context and Baggage headers, to and from bytes.

What is read here comes from strangers: no input raises, none of it is logged, and what is malformed gives
None. https://www.w3.org/TR/trace-context-2/ and https://www.w3.org/TR/baggage/
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, unquote

from opentelemetry.trace import SpanContext, TraceFlags, TraceState

_TRACEPARENT_LENGTH: Final = 55
_TRACEPARENT_LIMIT: Final = 512  # of a future version, which may add fields
_TRACESTATE_LIMIT: Final = 8192  # what opentelemetry reads; W3C asks for 512 at least
_TRACESTATE_MEMBERS: Final = 32
_BAGGAGE_LIMIT: Final = 8192
_BAGGAGE_MEMBERS: Final = 180
_DASH: Final = ord("-")
_LOWER_HEX: Final = b"0123456789abcdef"
_KNOWN_FLAGS_DIGIT: Final = ord("3")
KNOWN_FLAGS: Final = TraceFlags.SAMPLED | TraceFlags.RANDOM_TRACE_ID  # unknown bits must not be passed on

# Not wider than what opentelemetry's TraceState accepts: it would log the stranger's text.
_STATE_MEMBER: Final = re.compile(
    rb"([a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})"
    rb"=([\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e])"
)
# a key's characters besides letters, digits and "%"; no "+", which the SDKs of OpenTelemetry read as a space
_KEY_SAFE: Final = "!#$&'*-.^_`|~"
_VALUE_SAFE: Final = "!#$&'()*-./:<=>?@[]^_`{|}~"  # a value's, likewise
# With possessive quantifiers: tried again with each part shorter, 8 KiB of spaces would take seconds.
_BAGGAGE_MEMBER: Final = re.compile(
    rb"[ \t]*+([!#$%&'*+\-.^_`|~0-9A-Za-z]++)[ \t]*+="
    rb"[ \t]*+([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*+)[ \t]*+(?:;.*+)?+"
)


_DIGITS_ALIKE: Final = bytes(
    ord("0") if byte in _LOWER_HEX else byte if byte == _DASH else ord("?") for byte in range(256)
)
_SHAPE: Final = b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-00"
_ZERO: Final = ord("0")


def canonical_traceparent(value: bytes) -> bytes | None:
    """Return a version 00 traceparent with the same ids and the flags that are known; None when it is not valid."""
    if (
        value.translate(_DIGITS_ALIKE) == _SHAPE
        and value[0] == value[1] == value[53] == _ZERO
        and value[54] <= _KNOWN_FLAGS_DIGIT
        and value[34] != _ZERO  # so neither id is zero; one in eight needs the closer look below for that
        and value[51] != _ZERO
    ):
        return value
    context = parse_traceparent(value)
    return None if context is None else format_traceparent(context)


def parse_traceparent(value: bytes) -> SpanContext | None:
    """Read `version-traceid-spanid-flags`; None when it is not valid."""
    if not _is_framed(value):
        return None
    trace_id, span_id = int(value[3:35], 16), int(value[36:52], 16)
    if not trace_id or not span_id:
        return None
    flags = TraceFlags(int(value[53:55], 16) & KNOWN_FLAGS)
    return SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)


def _is_framed(value: bytes) -> bool:
    length = len(value)
    if not _TRACEPARENT_LENGTH <= length <= _TRACEPARENT_LIMIT:
        return False
    if not value[2] == value[35] == value[52] == _DASH:
        return False
    digits = value[:2] + value[3:35] + value[36:52] + value[53:55]
    # int() would let upper case, spaces, signs and underscores pass
    if digits.translate(None, _LOWER_HEX) or digits.startswith(b"ff"):
        return False
    if length == _TRACEPARENT_LENGTH:
        return True
    return not digits.startswith(b"00") and value[_TRACEPARENT_LENGTH] == _DASH


def format_traceparent(context: SpanContext) -> bytes:
    """Write a version 00 traceparent."""
    return b"00-%032x-%016x-%02x" % (context.trace_id, context.span_id, context.trace_flags & KNOWN_FLAGS)


def parse_tracestate(value: bytes) -> TraceState | None:
    """Read the vendors' list; None when any member is malformed, double or too many."""
    if len(value) > _TRACESTATE_LIMIT:
        return None
    members = [stripped for member in value.split(b",") if (stripped := member.strip(b" \t"))]
    matches = [match for member in members if (match := _STATE_MEMBER.fullmatch(member))]
    entries = [(match[1].decode("ascii"), match[2].decode("ascii")) for match in matches]
    if len(matches) < len(members) or len(members) > _TRACESTATE_MEMBERS or len(dict(entries)) < len(entries):
        return None
    return TraceState(entries)


def format_tracestate(state: TraceState) -> bytes:
    """Write the vendors' list; empty when there is none."""
    return state.to_header().encode("ascii")


def parse_baggage(value: bytes) -> dict[str, str] | None:
    """Read key-value pairs, without members' properties; None when malformed or beyond the limits.

    A "+" stays a plus: only percent-encoding is defined.
    """
    if len(value) > _BAGGAGE_LIMIT:
        return None
    members = [member for member in value.split(b",") if member.strip(b" \t")]
    matches = [match for member in members if (match := _BAGGAGE_MEMBER.fullmatch(member))]
    if len(matches) < len(members) or len(members) > _BAGGAGE_MEMBERS:
        return None
    return {unquote(match[1].decode("ascii")): unquote(match[2].decode("ascii")) for match in matches}


def format_baggage(pairs: Mapping[str, object]) -> bytes:
    """Write key-value pairs; what exceeds 180 members or 8192 bytes is left out."""
    members: list[str] = []
    length = -1
    for key, value in pairs.items():
        member = f"{quote(key, _KEY_SAFE, errors='replace')}={quote(str(value), _VALUE_SAFE, errors='replace')}"
        if key and length + 1 + len(member) <= _BAGGAGE_LIMIT and len(members) < _BAGGAGE_MEMBERS:
            members.append(member)
            length += 1 + len(member)
    return ",".join(members).encode("ascii")
