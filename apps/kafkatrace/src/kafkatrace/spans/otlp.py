"""Spans as OTLP protocol buffers, written straight to bytes: twenty times cheaper than by generated classes.

https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/opentelemetry/proto/trace/v1/trace.proto
"""

from binascii import unhexlify
from collections.abc import Iterable, Mapping
from struct import Struct, error
from typing import Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import SpanKind, StatusCode

from kafkatrace.spans import protobuf, semconv

ATTRIBUTE: Final = b"\x4a"
_EVENT: Final = b"\x5a"
_LINK: Final = b"\x6a"
_STATUS: Final = b"\x7a"
_SPAN: Final = b"\x12"
_TIMES: Final = Struct("<cQcQ").pack
_TIME: Final = Struct("<cQ").pack
_FLAGS: Final = tuple(b"\x85\x01" + Struct("<I").pack(flags) for flags in range(0x400))
_LINK_FLAGS: Final = tuple(b"\x35" + Struct("<I").pack(flags) for flags in range(0x400))
_LATEST: Final = (1 << 64) - 1
_ID_BYTES: Final = (24, 32)  # without and with a parent's
_KNOWN: Final = 0x100  # says that the next bit is set where the parent is remote
REMOTE: Final = 0x300


def span_prefix(name: str, kind: SpanKind, attributes: Mapping[str, object]) -> bytes:
    """Encode what many spans have in common: name, kind, constant attributes."""
    encoded = protobuf.field(b"\x2a", protobuf.text(name)) + b"\x30" + protobuf.varint(kind.value + 1)
    return encoded + protobuf.attributes(ATTRIBUTE, attributes)


def span(ids: bytes, start: int, ended: int, rest: Iterable[bytes], *, flags: int, state: bytes = b"") -> bytes:
    """Encode a span, framed for its scope.

    `ids` is the hexadecimal trace id (32), own id (16) and, unless it is a root, the parent's id (16); times are
    nanoseconds since the epoch; `flags` the trace flags, with REMOTE where the parent is in another process.
    """
    numbers = unhexlify(ids)
    if len(numbers) > 24:
        head = b"\x0a\x10%b\x12\x08%b\x22\x08%b" % (numbers[:16], numbers[16:24], numbers[24:])
    else:
        head = b"\x0a\x10%b\x12\x08%b" % (numbers[:16], numbers[16:])
    if len(numbers) not in _ID_BYTES:  # no protocol buffer: the Collector would refuse all others with it
        raise ValueError(f"a span's ids have 24 or 32 bytes, not {len(numbers)}")
    if state:
        head += protobuf.field(b"\x1a", state)
    try:
        times = _TIMES(b"\x39", start, b"\x41", ended)
    except error:
        times = _TIMES(b"\x39", clamp(start), b"\x41", clamp(ended))
    body = b"".join((head, times, _FLAGS[flags | _KNOWN], *rest))
    return _SPAN + protobuf.varint(len(body)) + body


def event(name: str, time: int, attributes: Mapping[str, object], dropped: int = 0) -> bytes:
    """Encode a span's event."""
    head = _TIME(b"\x09", clamp(time)) + protobuf.field(b"\x12", protobuf.text(name))
    tail = b"\x20" + protobuf.varint(dropped) if dropped else b""
    return protobuf.field(_EVENT, head + protobuf.attributes(b"\x1a", attributes) + tail)


def link(
    ids: bytes, flags: int, attributes: Mapping[str, object] | None = None, state: bytes = b"", dropped: int = 0
) -> bytes:
    """Encode a link to the span with the hexadecimal trace id (32) and span id (16)."""
    numbers = unhexlify(ids)
    head = b"\x0a\x10%b\x12\x08%b" % (numbers[:16], numbers[16:])
    if state:
        head += protobuf.field(b"\x1a", state)
    tail = b"\x28" + protobuf.varint(dropped) if dropped else b""
    return protobuf.field(
        _LINK, head + protobuf.attributes(b"\x22", attributes or {}) + tail + _LINK_FLAGS[flags | _KNOWN]
    )


def status(code: StatusCode, message: str | None = None) -> bytes:
    """Encode a span's status; nothing where it is unset."""
    if code is StatusCode.UNSET:
        return b""
    described = protobuf.field(b"\x12", protobuf.text(message)) if message else b""
    return protobuf.field(_STATUS, described + b"\x18" + protobuf.varint(code.value))


def dropped(attributes: int, events: int, links: int) -> bytes:
    """Encode how many of each the limits left out."""
    counts = ((b"\x50", attributes), (b"\x60", events), (b"\x70", links))
    return b"".join(tag + protobuf.varint(count) for tag, count in counts if count)


class Identity:
    """Whose spans they are: a resource with our scope beneath it."""

    def __init__(self, resource: Resource, version: str) -> None:
        self.resource = resource
        attributes = protobuf.attributes(b"\x0a", resource.attributes)
        scope = protobuf.field(b"\x0a", protobuf.text(semconv.SCOPE)) + protobuf.field(b"\x12", protobuf.text(version))
        self._resource = protobuf.field(b"\x0a", attributes)
        self._resource_schema = _schema(resource.schema_url)
        self._scope = protobuf.field(b"\x0a", scope)
        self._schema = _schema(semconv.SCHEMA_URL)

    def request(self, spans: list[bytes]) -> bytes:
        """Encode an ExportTraceServiceRequest; two of them one after the other are one with both's spans."""
        return b"".join(self.parts(spans))

    def parts(self, spans: list[bytes]) -> list[bytes]:
        """Return what the request is made of: a megabyte is better copied once."""
        if not spans:
            return []
        in_scope = [self._scope, *spans, self._schema]
        length = sum(map(len, in_scope))
        scoped = b"\x12" + protobuf.varint(length)
        whole = len(self._resource) + len(scoped) + length + len(self._resource_schema)
        return [b"\x0a" + protobuf.varint(whole), self._resource, scoped, *in_scope, self._resource_schema]


def clamp(time: float) -> int:
    """Keep a user's own time in what the wire can hold: a wrong one must cost neither the span nor the handler."""
    return min(max(int(time), 0), _LATEST)


def _schema(url: str | None) -> bytes:
    return protobuf.field(b"\x1a", protobuf.text(url)) if url else b""
