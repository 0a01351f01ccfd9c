"""Scans a topic from its newest record backwards, in windows that grow."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from traced_common.finding.budget import Budget
from traced_common.finding.records import Record

Ranges = Mapping[int, tuple[int, int]]  # of each partition: the first offset, and the one behind the last
Matches = Callable[[Record], bool]
_FIRST_WINDOW: Final = 500
_LARGEST_WINDOW: Final = 64_000
_AT_ONCE: Final = 500
_POLL_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Scan:
    """Reads ranges of one topic without being a member of any group."""

    consumer: Consumer
    topic: str
    budget: Budget

    def newest(self, ranges: Ranges, matches: Matches, limit: int) -> list[Record]:
        """Return the newest records that match: so many, or fewer where the ranges or the budget are at their end."""
        left, width, found = {p: r for p, r in ranges.items() if r[0] < r[1]}, _FIRST_WINDOW, list[Record]()
        while left and len(found) < limit and not self.budget.stopped:
            windows = {p: (max(start, end - width), end) for p, (start, end) in left.items()}
            found += sorted(self._read(windows, matches), key=_newest_first)
            left = {p: (left[p][0], begin) for p, (begin, _) in windows.items() if left[p][0] < begin}
            width = min(4 * width, _LARGEST_WINDOW)
        return found[:limit]

    def at(self, partition: int, offset: int) -> Record | None:
        """Return the record at an offset, or the next one behind it; None where none comes."""
        self.consumer.assign([TopicPartition(self.topic, partition, offset)])
        while not self.budget.stopped:
            for message in self._consume(1):
                return None if message.error() else Record(message)
        return None

    def _read(self, windows: Ranges, matches: Matches) -> list[Record]:
        """Return what matches in these windows; an offset may have no record."""
        self.consumer.assign([TopicPartition(self.topic, p, begin) for p, (begin, _) in windows.items()])
        found, unfinished = list[Record](), set(windows)
        while unfinished and not self.budget.stopped:
            for message in self._consume(_AT_ONCE):
                begin, end = windows.get(message.partition() or 0, (0, 0))
                offset = message.offset() or 0
                if message.error() or offset >= end - 1:
                    unfinished.discard(message.partition() or 0)
                if not message.error() and begin <= offset < end and matches(record := Record(message)):
                    found.append(record)
        return found

    def _consume(self, most: int) -> Iterator[Message]:
        """Yield records and the ends of partitions; KafkaException where Kafka refuses."""
        for message in self.consumer.consume(most, _POLL_SECONDS):
            error = message.error()
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
            if error is None:
                self.budget.count(len(message))
            yield message


def _newest_first(record: Record) -> tuple[int, int]:
    return -record.timestamp, -record.offset
