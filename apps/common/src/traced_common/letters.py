"""A dead letter: a copy of its record with headers that say why, cut where the copy is too large for its topic."""

from collections.abc import Iterable
from typing import Final, NamedTuple

Header = tuple[str, bytes | None]
_LONGEST_REASON: Final = 1_000
_BATCH_BYTES: Final = 128  # what Kafka adds to a record that is a batch of its own
_HEADER_BYTES: Final = 10  # and to a header
_CONTEXT: Final = "traceparent"
_LONGEST_CONTEXT: Final = 100


class Letter(NamedTuple):
    """What is sent: the record's own headers first, then those that say why it is here."""

    key: bytes | None
    value: bytes | None
    headers: list[Header]
    about: list[Header]

    @property
    def size(self) -> int:
        """Return the bytes that it takes at most in a topic."""
        headers = (len(name.encode()) + len(value or b"") + _HEADER_BYTES for name, value in self.headers + self.about)
        return _BATCH_BYTES + len(self.key or b"") + len(self.value or b"") + sum(headers)


def write(
    key: str | bytes | None,
    value: str | bytes | None,
    headers: Iterable[tuple[str, str | bytes | None]],
    about: Iterable[tuple[str, object]],
) -> Letter:
    """Return the letter of a record; whatever is in the texts, it can be sent."""
    return Letter(
        _bytes(key),
        _bytes(value),
        [(_name(name), _bytes(content)) for name, content in headers],
        [(f"dead-letter.{name}", _bytes(str(text)[:_LONGEST_REASON])) for name, text in about],
    )


def fit(letter: Letter, limit: int) -> Letter:
    """Return the letter in at most `limit` bytes: its key, if very large, and its value cut, then without its headers.

    What was cut is told in the header dead-letter.truncated. The record itself is where the letter says it was.
    """
    if letter.size <= limit:
        return letter
    note = f"key {len(letter.key or b'')} bytes, value {len(letter.value or b'')} bytes, {len(letter.headers)} headers"
    key = _begin(letter.key, limit // 4)
    cut = letter._replace(key=key, value=None, about=[*letter.about, ("dead-letter.truncated", note.encode())])
    if cut.size > limit:
        cut = cut._replace(headers=[each for each in letter.headers if _is_context(*each)][-1:])
    return cut._replace(value=_begin(letter.value, limit - cut.size))


def _is_context(name: str, content: bytes | None) -> bool:
    return name == _CONTEXT and len(content or b"") <= _LONGEST_CONTEXT


def _begin(content: bytes | None, room: int) -> bytes | None:
    return None if content is None else content[: max(room, 0)]


def _name(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def _bytes(content: str | bytes | None) -> bytes | None:
    return content.encode("utf-8", "replace") if isinstance(content, str) else content
