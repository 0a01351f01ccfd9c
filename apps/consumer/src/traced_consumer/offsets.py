"""Which offsets are processed but not yet committed."""

from collections.abc import Iterable

from confluent_kafka import Message, TopicPartition

Place = tuple[str, int]


def place_of(message: Message) -> Place:
    """Return a record's topic and partition."""
    topic, partition = message.topic(), message.partition()
    if topic is None or partition is None:
        raise ValueError("an event without topic and partition is no record")
    return topic, partition


def offset_of(message: Message) -> int:
    """Return a record's offset."""
    offset = message.offset()
    if offset is None:
        raise ValueError("an event without offset is no record")
    return offset


class Offsets:
    """For each partition the offset to go on from, and whether the group knows it."""

    def __init__(self) -> None:
        self._next: dict[Place, int] = {}

    def processed(self, message: Message) -> None:
        """Note that a record is done with; records of a partition come in order."""
        self._next[place_of(message)] = offset_of(message) + 1

    def outstanding(self) -> list[TopicPartition]:
        """Return what is to be committed."""
        return [TopicPartition(topic, partition, offset) for (topic, partition), offset in self._next.items()]

    def committed(self, partitions: Iterable[TopicPartition]) -> None:
        """Drop what a commit got through; what was processed since then stays."""
        for partition in partitions:
            place = (partition.topic, partition.partition)
            if partition.error is None and self._next.get(place) == partition.offset:
                del self._next[place]

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """Drop partitions that are another consumer's now."""
        for partition in partitions:
            self._next.pop((partition.topic, partition.partition), None)
