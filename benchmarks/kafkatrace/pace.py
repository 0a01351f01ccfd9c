"""A steady rate, with its progress shown."""

import sys
import time
from collections.abc import Iterator
from typing import Final

_TICKS_A_SECOND: Final = 100


def paced(what: str, messages: int, per_second: int) -> Iterator[int]:
    """Count up to `messages`, at most so many a second; what comes late is caught up."""
    begun = time.monotonic()
    step = max(per_second // _TICKS_A_SECOND, 1)
    for number in range(messages):
        if number % step == 0:
            time.sleep(max(begun + number / per_second - time.monotonic(), 0))
        if number % per_second == 0:
            print(f"\r{what}: {number} of {messages} ", end="", file=sys.stderr, flush=True)
        yield number
    print(file=sys.stderr)
