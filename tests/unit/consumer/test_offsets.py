from types import SimpleNamespace
from typing import cast

from confluent_kafka import KafkaError, Message, TopicPartition
from traced_consumer.offsets import Offsets


def message(partition: int, offset: int) -> Message:
    return Message(topic="orders", partition=partition, offset=offset)


def outstanding(offsets: Offsets) -> list[tuple[int, int]]:
    return sorted((each.partition, each.offset) for each in offsets.outstanding())


def test_the_offset_to_commit_is_the_next_one() -> None:
    offsets = Offsets()
    offsets.processed(message(0, 4))
    offsets.processed(message(0, 5))
    offsets.processed(message(1, 0))
    assert outstanding(offsets) == [(0, 6), (1, 1)]


def test_a_commit_settles_what_it_carried_and_no_more() -> None:
    offsets = Offsets()
    offsets.processed(message(0, 4))
    offsets.processed(message(1, 0))
    carried = offsets.outstanding()
    offsets.processed(message(0, 5))
    offsets.committed(carried)
    assert outstanding(offsets) == [(0, 6)]


def test_a_partition_whose_commit_failed_stays() -> None:
    offsets = Offsets()
    offsets.processed(message(0, 4))
    error = KafkaError(KafkaError.ILLEGAL_GENERATION)
    failed = SimpleNamespace(topic="orders", partition=0, offset=5, error=error)
    offsets.committed([cast(TopicPartition, failed)])  # a real one's error is read-only
    assert outstanding(offsets) == [(0, 5)]


def test_a_partition_of_another_consumer_is_not_committed() -> None:
    offsets = Offsets()
    offsets.processed(message(0, 4))
    offsets.processed(message(1, 0))
    offsets.forget([TopicPartition("orders", 0)])
    assert outstanding(offsets) == [(1, 1)]
