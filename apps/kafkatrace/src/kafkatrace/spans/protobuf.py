"""Protocol buffers on the wire, as far as OTLP needs them: tags, lengths, attributes.

https://protobuf.dev/programming-guides/encoding/ and
https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/opentelemetry/proto/common/v1/common.proto
"""

from collections.abc import Mapping
from functools import lru_cache
from struct import Struct
from typing import Final

_SMALL: Final = tuple(bytes((number,)) for number in range(128))
_MORE: Final = tuple(bytes((number | 128,)) for number in range(128))  # seven bits with others to follow
_DOUBLE: Final = Struct("<d").pack
_STRING_VALUE: Final = b"\x0a"
_BOOL_VALUE: Final = b"\x10"
_INT_VALUE: Final = b"\x18"
_DOUBLE_VALUE: Final = b"\x21"
_ARRAY_VALUE: Final = b"\x2a"
_BYTES_VALUE: Final = b"\x3a"
_KVLIST_VALUE: Final = b"\x32"
_64_BITS: Final = (1 << 64) - 1
_SHORT: Final = 64  # texts whose head is at hand
_READY: Final = 4096  # numbers whose encoding is at hand: lengths of spans and of all that is in them
_LIMIT: Final = 1 << 63


def varint(number: int) -> bytes:
    """Encode an integer; a negative one takes ten bytes, as 64-bit two's complement."""
    if 0 <= number < _READY:
        return _VARINTS[number]
    return _varint(number & _64_BITS)


def _varint(number: int) -> bytes:
    if number < 128:
        return _SMALL[number]
    if number < 1 << 21:  # most offsets, without a loop
        rest = number >> 7
        return _MORE[number & 127] + (_SMALL[rest] if rest < 128 else _MORE[rest & 127] + _SMALL[rest >> 7])
    return _MORE[number & 127] + _varint(number >> 7)


_VARINTS: Final = tuple(map(_varint, range(_READY)))


def field(tag: bytes, content: bytes) -> bytes:
    """Encode a length-delimited field: a message, a string, bytes."""
    return b"%b%b%b" % (tag, varint(len(content)), content)


def text(value: str) -> bytes:
    """Encode text; half a surrogate pair, which UTF-8 can't hold, becomes a question mark."""
    return value.encode("utf-8", "replace")


def value(given: object) -> bytes:
    """Encode an AnyValue: what is no OpenTelemetry value is written as its str()."""
    match given:
        case str():
            return field(_STRING_VALUE, text(given))
        case bool():
            return _BOOL_VALUE + _SMALL[given]
        case int() if -_LIMIT <= given < _LIMIT:
            return _INT_VALUE + varint(given)
        case float():
            return _DOUBLE_VALUE + _DOUBLE(given)
        case bytes():
            return field(_BYTES_VALUE, given)
        case list() | tuple():
            return field(_ARRAY_VALUE, b"".join(field(b"\x0a", value(each)) for each in given))
        case Mapping():
            pairs = (field(b"\x0a", key_value(str(key), each)) for key, each in given.items())
            return field(_KVLIST_VALUE, b"".join(pairs))
        case None:
            return b""
        case _:
            return field(_STRING_VALUE, text(str(given)))


def key_value(key: str, given: object) -> bytes:
    """Encode a KeyValue without its tag."""
    return field(b"\x0a", _key(key)) + field(b"\x12", value(given))


def attributes(tag: bytes, pairs: Mapping[str, object]) -> bytes:
    """Encode attributes, each as a field with this tag."""
    return b"".join(field(tag, key_value(key, given)) for key, given in pairs.items())


@lru_cache(maxsize=1024)
def _key(key: str) -> bytes:
    return text(key)


class Int:
    """An integer attribute of spans whose key is known beforehand."""

    def __init__(self, tag: bytes, key: str) -> None:
        name = field(b"\x0a", text(key))
        # an integer takes one to ten bytes; all lengths before it follow from that
        heads = (b"\x12" + varint(length + 1) + _INT_VALUE for length in range(11))
        self._heads = tuple(
            tag + varint(len(name) + len(head) + length) + name + head for length, head in enumerate(heads)
        )

    def __call__(self, number: int) -> bytes:
        """Encode the attribute."""
        encoded = varint(number)
        return self._heads[len(encoded)] + encoded


class Double:
    """A floating-point attribute of spans whose key is known beforehand."""

    def __init__(self, tag: bytes, key: str) -> None:
        name = field(b"\x0a", text(key)) + b"\x12\x09" + _DOUBLE_VALUE
        self._head = tag + varint(len(name) + 8) + name

    def __call__(self, number: float) -> bytes:
        """Encode the attribute."""
        return self._head + _DOUBLE(number)


class Text:
    """A text attribute of spans whose key is known beforehand."""

    def __init__(self, tag: bytes, key: str) -> None:
        self._tag = tag
        self._name = field(b"\x0a", text(key)) + b"\x12"
        self._short = tuple(self._head(length) for length in range(_SHORT))

    def __call__(self, encoded: bytes) -> bytes:
        """Encode the attribute from UTF-8."""
        length = len(encoded)
        return (self._short[length] if length < _SHORT else self._head(length)) + encoded

    def _head(self, length: int) -> bytes:
        inner = _STRING_VALUE + varint(length)
        name = self._name + varint(len(inner) + length) + inner
        return self._tag + varint(len(name) + length) + name
