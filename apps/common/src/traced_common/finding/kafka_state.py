"""Where the log of a topic begins and ends, how far a group is, and whether it has members."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined] # as documented

SECONDS: Final = 10.0
_PAUSE: Final = 0.1
# Of a group's coordinator, or of a transaction that has just ended.
_NOT_YET: Final = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.UNSTABLE_OFFSET_COMMIT,
)
_EARLIEST: Final = OffsetSpec.earliest()  # type: ignore[no-untyped-call] # it has no annotations
_LATEST: Final = OffsetSpec.latest()  # type: ignore[no-untyped-call] # as above
_ABSENT: Final = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_AUTHORIZATION_FAILED)


class UnknownTopicError(Exception):
    """The topic does not exist, or the user may not see it; the message says which."""


@dataclass(frozen=True, slots=True)
class Log:
    """A partition: its first offset, the one behind what readers may read, and the one behind all that was written."""

    start: int
    end: int
    written: int


def logs(admin: AdminClient, topic: str) -> dict[int, Log]:
    """Return where each partition of a topic begins and ends; behind `end` is what an open transaction holds back."""
    numbers = _partitions(admin, topic)
    start = _offsets(admin, topic, numbers, _EARLIEST)
    end = _offsets(admin, topic, numbers, _LATEST, IsolationLevel.READ_COMMITTED)
    written = _offsets(admin, topic, numbers, _LATEST)
    return {each: Log(start[each], end[each], written[each]) for each in numbers}


def _partitions(admin: AdminClient, topic: str) -> list[int]:
    found = admin.list_topics(topic, timeout=SECONDS).topics[topic]
    if found.error is None:
        return sorted(found.partitions)
    if found.error.code() in _ABSENT:
        raise UnknownTopicError(f"topic {topic}: {found.error.str()}")
    raise KafkaException(found.error)


def _offsets(
    admin: AdminClient,
    topic: str,
    numbers: Sequence[int],
    which: OffsetSpec,
    level: IsolationLevel = IsolationLevel.READ_UNCOMMITTED,
) -> dict[int, int]:
    wanted = {TopicPartition(topic, each): which for each in numbers}
    answers = admin.list_offsets(wanted, isolation_level=level, request_timeout=SECONDS)
    return {each.partition: answer.result().offset for each, answer in answers.items()}


def committed(member: Consumer, topic: str, numbers: Sequence[int]) -> dict[int, int]:
    """Return the offsets that the group of a consumer has committed; a partition without one is left out.

    The admin client is not asked: librdkafka 2.16's ends the whole process where the group's coordinator is not ready.
    A consumer of committed records waits for a transaction that is about to change the offsets.
    """
    end = time.monotonic() + SECONDS
    while True:
        try:
            return _committed(member, [TopicPartition(topic, each) for each in numbers])
        except KafkaException as error:
            if error.args[0].code() not in _NOT_YET or time.monotonic() > end:
                raise
            time.sleep(_PAUSE)


def _committed(member: Consumer, partitions: list[TopicPartition]) -> dict[int, int]:
    answers = member.committed(partitions, timeout=SECONDS)
    for each in answers:
        if each.error is not None:
            raise KafkaException(each.error)
    return {each.partition: each.offset for each in answers if each.offset >= 0}


def members(admin: AdminClient, group: str) -> dict[str, Any]:
    """Return a group's state and how many members it has, or why that is not known."""
    try:
        found = admin.describe_consumer_groups([group], request_timeout=SECONDS)[group].result()
    except KafkaException as error:
        return {"unknown": f"{error.args[0].name()}: {error.args[0].str()}"}
    return {"state": found.state.name, "count": len(found.members)}
