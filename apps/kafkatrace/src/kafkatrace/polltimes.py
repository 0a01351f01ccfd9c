"""When poll() returned a message: process() needs it, and a confluent Message takes no attributes."""

import threading
from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple

_RANGES_PER_PARTITION: Final = 1024


class _Range(NamedTuple):
    first: int
    last: int
    time_ns: int


class PollTimes:
    """The poll times of the latest messages of each partition, as ranges of offsets.

    One poll or one batch makes one range per partition; of each partition the newest 1024 are kept (150 KB).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ranges: dict[tuple[str, int], deque[_Range]] = {}

    def record(self, positions: Iterable[tuple[str, int, int]], time_ns: int) -> None:
        """Remember that these (topic, partition, offset) were handed to the caller at `time_ns`."""
        batch: dict[tuple[str, int], _Range] = {}
        for topic, partition, offset in positions:
            known = batch.get((topic, partition))
            first = known.first if known else offset
            batch[topic, partition] = _Range(min(first, offset), max(known.last if known else offset, offset), time_ns)
        with self._lock:
            for key, offsets in batch.items():
                self._ranges.setdefault(key, deque(maxlen=_RANGES_PER_PARTITION)).append(offsets)

    def of(self, topic: str, partition: int, offset: int) -> int | None:
        """Nanoseconds since the epoch of the latest poll that gave this record; None when not known."""
        with self._lock:
            for offsets in reversed(self._ranges.get((topic, partition), ())):
                if offsets.first <= offset <= offsets.last:
                    return offsets.time_ns
        return None
