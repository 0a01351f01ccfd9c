"""Where the log of a topic begins and ends, how far a group is, and whether it has members."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined] # as documented

SECONDS: Final = 10.0
_PAUSE: Final = 0.1
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


def committed(admin: AdminClient, group: str, topic: str, numbers: Sequence[int]) -> dict[int, int]:
    """Return the offsets that a group has committed; a partition without one is left out."""
    return _committed(admin, group, topic, numbers)


def stable(admin: AdminClient, group: str, topic: str, numbers: Sequence[int]) -> dict[int, int]:
    """Return the same once no transaction is about to change it: Kafka ends one after it has said that it did."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            return _committed(admin, group, topic, numbers, require_stable=True)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNSTABLE_OFFSET_COMMIT or time.monotonic() > end:
                raise
            time.sleep(_PAUSE)


def _committed(
    admin: AdminClient, group: str, topic: str, numbers: Sequence[int], *, require_stable: bool = False
) -> dict[int, int]:
    request = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, each) for each in numbers])
    answers = admin.list_consumer_group_offsets([request], request_timeout=SECONDS, require_stable=require_stable)
    answer = answers[group].result()
    for each in answer.topic_partitions:
        if each.error is not None:
            raise KafkaException(each.error)
    return {each.partition: each.offset for each in answer.topic_partitions if each.offset >= 0}


def members(admin: AdminClient, group: str) -> dict[str, Any]:
    """Return a group's state and how many members it has, or why that is not known."""
    try:
        found = admin.describe_consumer_groups([group], request_timeout=SECONDS)[group].result()
    except KafkaException as error:
        return {"unknown": f"{error.args[0].name()}: {error.args[0].str()}"}
    return {"state": found.state.name, "count": len(found.members)}
