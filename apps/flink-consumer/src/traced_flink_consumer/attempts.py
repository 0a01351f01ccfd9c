"""Whether a record may have been processed before."""

import time
from dataclasses import dataclass
from typing import Any, Final

from opentelemetry.trace import Span

ATTEMPT: Final = "flink.task.attempt"
REPLAY: Final = "flink.replay.possible"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a task: its number, from 0 up within a job's life, whether it began from a snapshot, and when.

    What Kafka had before such a run began may have been processed by the one before; what came later was not.
    """

    number: int
    restored: bool
    begun_ms: int

    @classmethod
    def begin(cls, context: Any, *, restored: bool) -> "Attempt":
        """Begin one; `context` is Flink's RuntimeContext."""
        return cls(_number(context), restored, time.time_ns() // 1_000_000)

    def mark(self, span: Span, appended_ms: int) -> None:
        """Say so on the span of a record with this timestamp."""
        if (self.number or self.restored) and appended_ms < self.begun_ms:
            span.set_attribute(REPLAY, True)
            span.set_attribute(ATTEMPT, self.number)


def _number(context: Any) -> int:
    try:
        return int(context.get_attempt_number())
    except AttributeError:  # thread mode calls a getter that Flink 2 no longer has
        return int(context._runtime_context.getTaskInfo().getAttemptNumber())
