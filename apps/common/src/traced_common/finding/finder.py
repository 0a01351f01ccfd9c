"""Finds the records that are looked for, their dead letters, and how far the group is."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Consumer, KafkaException
from confluent_kafka.admin import AdminClient

from traced_common.finding import kafka_state
from traced_common.finding.budget import Budget
from traced_common.finding.kafka_state import Log, UnknownTopicError
from traced_common.finding.partitioners import candidates
from traced_common.finding.records import Record, Told
from traced_common.finding.request import Request
from traced_common.finding.scan import Ranges, Scan
from traced_common.finding.settings import FinderSettings

_POLL_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Clients:
    """One that reads, one that asks, and for each group one that is of it, but no member."""

    reader: Consumer
    admin: AdminClient
    groups: Mapping[str, Consumer]


class Finder:
    """Looks one request up."""

    def __init__(
        self,
        settings: FinderSettings,
        request: Request,
        clients: Clients,
        tell: Callable[[Told], None],
    ) -> None:
        self._settings, self._request = settings, request
        self._consumer, self._admin, self._groups = clients.reader, clients.admin, clients.groups
        self._tell = tell

    def facts(self) -> Told:
        """Return all that Kafka knows; what changes is read last, so that it is not older than the records."""
        settings, request = self._settings, self._request
        budget = Budget(request.seconds, request.byte_count, self._tell)
        logs, began = kafka_state.logs(self._admin, settings.topic), time.monotonic()
        before = self._committed(logs)
        records = self._records(Scan(self._consumer, settings.topic, budget), logs)
        letters = self._letters(records)
        members = kafka_state.members(self._admin, settings.group)
        self._measure(records, before, members, began + request.measure_seconds)
        committed, seconds = self._committed(logs), time.monotonic() - began
        return {
            "now": time.time_ns() // 1_000_000,
            "topic": settings.topic,
            "group": settings.group,
            "dead_letter_topic": settings.dead_letter_topic,
            "members": members,
            "seconds": round(seconds, 3),
            "partitions": _partitions(kafka_state.logs(self._admin, settings.topic), before, committed),
            "records": [each.told(value=request.value) for each in records],
            "scan": told_of(budget),
            "letters": letters,
        }

    def _committed(self, logs: Mapping[int, Log]) -> dict[int, int]:
        return kafka_state.committed(self._groups[self._settings.group], self._settings.topic, list(logs))

    def _records(self, scan: Scan, logs: Mapping[int, Log]) -> list[Record]:
        """Return what is at the place that is looked for, else the newest with the key, or of the trace."""
        request = self._request
        ranges = {each: (log.start, log.end) for each, log in logs.items()}
        if request.place:
            begin, end = ranges.get(request.place[0], (0, 0))
            found = scan.at(*request.place) if begin <= request.place[1] < end else None
            return [found] if found and found.offset == request.place[1] else []
        return self._scanned(scan, ranges)

    def _scanned(self, scan: Scan, ranges: Ranges) -> list[Record]:
        key, trace, limit = self._request.key, self._request.trace, self._request.limit
        if key is None:
            return scan.newest(ranges, lambda record: record.trace == trace, limit)
        for group in candidates(key, list(ranges)):
            chosen = {each: ranges[each] for each in group}
            if found := scan.newest(chosen, lambda record: record.key == key, limit):
                return found
        return []

    def _letters(self, records: Sequence[Record]) -> Told:
        """Return the dead letters of these records, and those that are looked for whose record is gone."""
        settings, request = self._settings, self._request
        budget = Budget(request.seconds, request.byte_count, self._tell)
        try:
            logs = kafka_state.logs(self._admin, settings.dead_letter_topic)
            redriven = self._redriven(logs)
            scan = Scan(self._consumer, settings.dead_letter_topic, budget)
            ranges = {each: (log.start, log.end) for each, log in logs.items()}
            found = scan.newest(ranges, self._letter_of(records), max(len(records), request.limit))
        except (UnknownTopicError, KafkaException) as error:
            return {"found": [], "scan": told_of(budget), "unknown": _text(error)}
        told = [
            each.told_as_letter(value=request.value)
            | {"redriven": None if redriven is None else each.offset < redriven.get(each.partition, 0)}
            for each in found
        ]
        return {"found": told, "scan": told_of(budget)}

    def _redriven(self, logs: Mapping[int, Log]) -> dict[int, int] | None:
        """Return up to where dead letters went back to their topic, None where that may not be asked."""
        settings = self._settings
        try:
            return kafka_state.committed(self._groups[settings.redrive_group], settings.dead_letter_topic, list(logs))
        except KafkaException:
            return None

    def _letter_of(self, records: Sequence[Record]) -> Callable[[Record], bool]:
        request = self._request
        places = {(each.partition, each.offset) for each in records} | ({request.place} if request.place else set())
        if places:
            return lambda letter: letter.origin in places
        if request.key is not None:
            return lambda letter: letter.key == request.key
        return lambda letter: letter.trace == request.trace

    def _measure(self, records: Sequence[Record], before: Mapping[int, int], members: Told, until: float) -> None:
        """Wait until the group's pace can be told, where a record waits and somebody may read it."""
        waits = any(each.offset >= before.get(each.partition, 0) for each in records)
        while waits and members.get("count") != 0 and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _POLL_SECONDS))


def told_of(budget: Budget) -> Told:
    """Return how far a scan went."""
    return {"records": budget.records, "bytes": budget.bytes, "stopped": budget.stopped}


def _partitions(logs: Mapping[int, Log], before: Mapping[int, int], committed: Mapping[int, int]) -> list[Told]:
    return [
        {
            "partition": each,
            "start": log.start,
            "end": log.end,
            "written": log.written,
            "committed": committed.get(each),
            "committed_before": before.get(each),
        }
        for each, log in logs.items()
    ]


def _text(error: Exception) -> str:
    first = error.args[0]
    return first if isinstance(first, str) else f"{first.name()}: {first.str()}"
