"""Reads of what is not watched, again after an interval that grows while the answer stays the same."""

import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 5.0

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class _Known:
    question: Any
    answer: Any
    seconds: float
    until: float


class Reread:
    """Remembers answers, one for each key; another question is asked at once, and an error is not remembered."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[Hashable, _Known] = {}

    async def get(
        self, key: Hashable, question: Any, read: Callable[[], Awaitable[Answer]], longest: float = LONGEST_SECONDS
    ) -> Answer:
        """Return the answer, of `read` where it is due."""
        now, known = self._clock(), self._known.get(key)
        if known and known.question == question and now < known.until:
            answer: Answer = known.answer
            return answer
        answer = await read()
        same = known is not None and (known.question, known.answer) == (question, answer)
        seconds = min(2 * known.seconds, longest) if known and same else FIRST_SECONDS
        self._known[key] = _Known(question, answer, seconds, now + seconds)
        return answer

    def forget(self, key: Hashable) -> None:
        """Forget what was asked under this key."""
        self._known.pop(key, None)
