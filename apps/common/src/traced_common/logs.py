"""Log lines on standard output: time (UTC), level, logger, words, message and trace; what repeats is thinned out."""

import logging
import sys
import time
from collections.abc import Callable, Mapping
from typing import Final

from kafkatrace import LogFilter

_SECONDS_BETWEEN: Final = 30.0
_KEY: Final = "sparingly"
# Without a broker or a Collector they say the same up to twenty times a second; librdkafka begins each line with
# what it is about: FAIL, REQTMOUT, MAXPOLL, …
_REPETITIVE: Final = ("librdkafka", "opentelemetry.")


def sparingly(key: str) -> Mapping[str, object]:
    """Mark a log call, as its `extra`: of each key, one line in 30 s; the next one says how many it stands for."""
    return {_KEY: key}


class Sparingly(logging.Filter):
    """Thins out marked lines, and those of libraries that are known to repeat themselves."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._shown_at: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Let a line through unless one of its key came lately."""
        key = _key(record)
        if key is None:
            return True
        now = self._clock()
        if now - self._shown_at.get(key, -_SECONDS_BETWEEN) < _SECONDS_BETWEEN:
            self._left_out[key] = self._left_out.get(key, 0) + 1
            return False
        self._shown_at[key] = now
        if left_out := self._left_out.pop(key, 0):
            record.msg, record.args = f"{record.getMessage()} (and {left_out} before it, not shown)", None
        return True


def _key(record: logging.LogRecord) -> str | None:
    if record.name.startswith(_REPETITIVE):
        return f"{record.name} {record.levelname} {record.getMessage().partition(' ')[0]}"
    key: str | None = getattr(record, _KEY, None)
    return key


def configure(level: str) -> None:
    """Send all logs to standard output; to be called again once the wanted level is known."""
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s%(kafka)s")
    formatter.datefmt = "%Y-%m-%dT%H:%M:%S"
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    handler.addFilter(Sparingly())
    handler.addFilter(LogFilter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
