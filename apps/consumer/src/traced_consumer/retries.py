"""Records that failed: each blocks its partition until it comes again and succeeds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Message, TopicPartition

from traced_consumer.offsets import Place, offset_of, place_of

_FIRST_DELAY: Final = 1.0
_LONGEST_DELAY: Final = 30.0


@dataclass(frozen=True, slots=True)
class _Failure:
    offset: int
    attempts: int
    due: float
    reason: str


class Retries:
    """The blocked partitions; times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._failures: dict[Place, _Failure] = {}
        self._paused: set[Place] = set()

    def failed(self, message: Message, reason: str, now: float) -> float:
        """Note a failure; the result is the delay until the next attempt, doubled each time up to 30 s."""
        place = place_of(message)
        known = self._failures.get(place)
        attempts = known.attempts + 1 if known else 1
        delay = min(_FIRST_DELAY * (1 << min(attempts - 1, 10)), _LONGEST_DELAY)
        self._failures[place] = _Failure(offset_of(message), attempts, now + delay, reason)
        self._paused.add(place)
        return delay

    def succeeded(self, message: Message) -> None:
        """Forget the failure of a partition that moved on."""
        self._failures.pop(place_of(message), None)

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """Drop partitions that are another consumer's now."""
        for partition in partitions:
            place = (partition.topic, partition.partition)
            self._failures.pop(place, None)
            self._paused.discard(place)

    def take_due(self, now: float) -> list[TopicPartition]:
        """Return the partitions to resume."""
        waiting = {place for place, failure in self._failures.items() if failure.due > now}
        due = self._paused - waiting
        self._paused.difference_update(due)
        return [TopicPartition(*place) for place in due]

    def problem(self) -> str | None:
        """Return what blocks, or None."""
        for (topic, partition), failure in self._failures.items():
            where = f"{topic}[{partition}]@{failure.offset}"
            return f"{where} blocks its partition after {failure.attempts} attempts: {failure.reason}"
        return None
