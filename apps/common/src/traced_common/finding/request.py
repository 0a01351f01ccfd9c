"""What is looked for, and how long and how far. Pure."""

import base64
import json
from dataclasses import dataclass
from typing import Any, Final

MOST_SECONDS: Final = 600.0
MOST_BYTES: Final = 8 * 2**30
MOST_RECORDS: Final = 100


class RequestError(ValueError):
    """The request is none; the message says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """A key, a place (partition and offset), or a trace; a trace may bring the place that its spans name."""

    key: bytes | None = None
    place: tuple[int, int] | None = None
    trace: str | None = None
    limit: int = 1
    seconds: float = 30.0
    byte_count: int = 256 * 2**20
    measure_seconds: float = 3.0
    value: bool = False

    @classmethod
    def read(cls, text: str) -> "Request":
        """Read a request from JSON; RequestError where it is none."""
        try:
            fields = json.loads(text)
            found = cls(
                key=None if fields.get("key") is None else base64.b64decode(fields["key"], validate=True),
                place=_place(fields.get("place")),
                trace=fields.get("trace"),
                limit=int(fields.get("limit", 1)),
                seconds=float(fields.get("seconds", 30.0)),
                byte_count=int(fields.get("bytes", 256 * 2**20)),
                measure_seconds=float(fields.get("measure", 3.0)),
                value=bool(fields.get("value", False)),
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise RequestError(f"no request: {error}") from error
        found.check()
        return found

    def check(self) -> None:
        """Raise RequestError where nothing is looked for, or without bounds."""
        if self.key is None and self.place is None and self.trace is None:
            raise RequestError("no request: it names neither key, nor place, nor trace")
        bounds = ((self.seconds, MOST_SECONDS), (self.byte_count, MOST_BYTES), (self.limit, MOST_RECORDS))
        if not all(0 < value <= most for value, most in bounds):
            raise RequestError("no request: seconds, bytes or limit is out of its range")


def _place(found: Any) -> tuple[int, int] | None:
    if found is None:
        return None
    partition, offset = found
    return int(partition), int(offset)
