"""A record as it is told: bounded, its value only where that is requested."""

import base64
from typing import Any, Final

from confluent_kafka import Message

Told = dict[str, Any]
LONGEST_KEY: Final = 1_000
LONGEST_VALUE: Final = 4_000
_LONGEST_HEADER: Final = 1_000
_LONGEST_CONTEXT: Final = 100
_TRACEPARENT: Final = "traceparent"
_LETTER: Final = "dead-letter."
_TRACE_ID: Final = slice(3, 35)


class Record:
    """A message, its headers read once: those of a name that is not UTF-8 make confluent-kafka raise."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._pairs: list[tuple[str, str | bytes | None]] | None = None
        self.partition, self.offset = message.partition() or 0, message.offset() or 0
        self.timestamp = message.timestamp()[1]

    @property
    def key(self) -> bytes | None:
        """The key."""
        key = self._message.key()
        return key.encode() if isinstance(key, str) else key

    @property
    def value(self) -> bytes | None:
        """The value."""
        value = self._message.value()
        return value.encode() if isinstance(value, str) else value

    @property
    def headers(self) -> list[tuple[str, str | bytes | None]]:
        """The headers, none where they cannot be read."""
        if self._pairs is None:
            try:
                found: Any = self._message.headers() or []
            except Exception:
                found = []
            self._pairs = list(found.items() if isinstance(found, dict) else found)
        return self._pairs

    def header(self, name: str) -> str | None:
        """Return the last header of a name as text; what is not UTF-8 in it is replaced."""
        values = [value for each, value in self.headers if each == name and value is not None]
        if not values:
            return None
        last = values[-1][:_LONGEST_HEADER]
        return last if isinstance(last, str) else last.decode("utf-8", "replace")

    @property
    def trace(self) -> str:
        """The trace id that the record carries, empty without one."""
        return (self.header(_TRACEPARENT) or "")[_TRACE_ID]

    @property
    def origin(self) -> tuple[int | None, int | None]:
        """The partition and the offset that a dead letter comes from."""
        return _whole(self.header(f"{_LETTER}partition")), _whole(self.header(f"{_LETTER}offset"))

    def told(self, *, value: bool) -> Told:
        """Return what is told of the record."""
        content = self.value
        return {
            "partition": self.partition,
            "offset": self.offset,
            "timestamp": self.timestamp,
            "key": None if self.key is None else _base64(self.key[:LONGEST_KEY]),
            "key_bytes": len(self.key or b""),
            "value_bytes": None if content is None else len(content),
            "traceparent": (self.header(_TRACEPARENT) or "")[:_LONGEST_CONTEXT] or None,
        } | ({"value": _base64(content[:LONGEST_VALUE])} if value and content is not None else {})

    def told_as_letter(self, *, value: bool) -> Told:
        """Return what is told of a dead letter."""
        partition, offset = self.origin
        texts = {name: self.header(f"{_LETTER}{name}") for name in ("reason", "topic", "group", "truncated")}
        return self.told(value=value) | {"origin": {"partition": partition, "offset": offset, **texts}}


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 20 else None
