"""What is looked for, as the command line has it. Pure."""

import base64
import re
from dataclasses import dataclass
from typing import Any

_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}
_PLACE = re.compile(r"([0-9]{1,9})/([0-9]{1,18})")
_TRACE = re.compile(r"[0-9a-f]{32}")


class QuestionError(ValueError):
    """What was typed is no key, place or trace; the message says what is expected."""


@dataclass(frozen=True)
class Question:
    """A key, a place or a trace, and how long and how far may be looked."""

    key: bytes | None = None
    place: tuple[int, int] | None = None
    trace: str | None = None
    limit: int = 1
    seconds: float = 30
    mebibytes: int = 256
    value: bool = False

    def request(self, place: tuple[int, int] | None = None) -> dict[str, Any]:
        """Return it as the reader takes it; a place that spans name saves the scan for a trace."""
        return {
            "key": None if self.key is None else base64.b64encode(self.key).decode(),
            "place": place or self.place,
            "trace": self.trace,
            "limit": self.limit,
            "seconds": self.seconds,
            "bytes": self.mebibytes * 2**20,
            "value": self.value,
        }


def key(text: str) -> bytes:
    r"""Return the bytes of a key; `\xff`, `\n`, `\r`, `\t`, `\0` and `\\` stand for what cannot be typed."""
    return _ESCAPE.sub(_unescaped, text.encode(errors="surrogateescape"))


def _unescaped(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return bytes.fromhex(found[1].decode())
    if found[2] not in _LETTERS:
        raise QuestionError(rf"\{found[2].decode(errors='replace')} in the key: expected \xNN, \n, \r, \t, \0 or \\")
    return _LETTERS[found[2]]


def place(text: str) -> tuple[int, int]:
    """Return partition and offset of `P/O`."""
    found = _PLACE.fullmatch(text)
    if not found:
        raise QuestionError(f"{text!r} is no place: expected PARTITION/OFFSET, such as 0/1234")
    return int(found[1]), int(found[2])


def trace(text: str) -> str:
    """Return a trace id as records carry it."""
    found = text.lower()
    if not _TRACE.fullmatch(found):
        raise QuestionError(f"{text!r} is no trace id: expected 32 hexadecimal digits")
    return found


def shown(content: bytes) -> str:
    """Return bytes as `key` takes them: what is not printable is escaped."""
    text = content.replace(b"\\", b"\\\\").decode(errors="backslashreplace")
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode())
