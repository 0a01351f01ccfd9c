import threading
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from traced_common.kafka import LastError
from traced_consumer import commits
from traced_consumer.commits import Commits
from traced_consumer.membership import Membership
from traced_consumer.offsets import Offsets
from traced_consumer.receiving import Receiving

NO_COORDINATOR = KafkaError(KafkaError._WAIT_COORD, "Waiting for coordinator")


DENIED = KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED, "Group authorization failed")


class Refused(TopicPartition):
    """A partition as it comes back from a commit that Kafka denied for it."""

    error = DENIED


class FakeConsumer:
    """Remembers commits; a frozen one does not answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, bool]] = []
        self.answers = threading.Event()
        self.answers.set()
        self.error: KafkaError | None = None
        self.rebalances = 0  # polls until the generation is the group's again
        self.closed = False

    def commit(self, offsets: list[TopicPartition], asynchronous: bool) -> list[TopicPartition]:
        self.asked.append((offsets[0].offset, asynchronous))
        if not asynchronous:
            self.answers.wait()
        if self.error:
            raise KafkaException(self.error)
        if self.rebalances:
            raise KafkaException(KafkaError(KafkaError.ILLEGAL_GENERATION))
        return offsets

    def assignment(self) -> list[TopicPartition]:
        return [TopicPartition("orders", 0)]

    def pause(self, partitions: list[TopicPartition]) -> None:
        self.paused = partitions

    def poll(self, seconds: float) -> None:
        assert self.paused, "a record that comes now would be lost to the log"
        self.rebalances -= 1

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def consumer() -> Iterator[Any]:
    consumer = FakeConsumer()
    yield consumer
    consumer.answers.set()


@pytest.fixture
def offsets() -> Offsets:
    offsets = Offsets()
    offsets.processed(Message(topic="orders", partition=0, offset=4))
    return offsets


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "_SECONDS_BETWEEN", 0)
    monkeypatch.setattr(commits, "_SECONDS_AT_THE_END", 0.01)


def test_one_commit_at_a_time(consumer: Any, offsets: Offsets, impatient: None) -> None:
    tested = Commits(offsets)
    tested.when_due(consumer)
    tested.when_due(consumer)
    assert consumer.asked == [(5, True)]
    tested.reported(NO_COORDINATOR, offsets.outstanding())
    tested.when_due(consumer)
    tested.reported(None, offsets.outstanding())
    tested.when_due(consumer)
    assert consumer.asked == [(5, True), (5, True)]


def test_not_more_than_once_a_second(consumer: Any, offsets: Offsets) -> None:
    tested = Commits(offsets)
    tested.when_due(consumer)
    tested.reported(NO_COORDINATOR, [])
    tested.when_due(consumer)
    assert len(consumer.asked) == 1


def test_commits_that_keep_failing_are_a_problem(consumer: Any, offsets: Offsets, impatient: None) -> None:
    tested = Commits(offsets)
    for _ in range(4):
        tested.reported(DENIED, offsets.outstanding())
        assert tested.problem() is None
    tested.reported(DENIED, offsets.outstanding())
    assert tested.problem() == (
        "the last 5 commits failed, records may come again: GROUP_AUTHORIZATION_FAILED: Group authorization failed"
    )
    tested.reported(None, offsets.outstanding())
    assert tested.problem() is None


def test_a_partition_whose_commit_was_denied_is_committed_again(offsets: Offsets) -> None:
    offsets.processed(Message(topic="orders", partition=1, offset=7))
    first, second = offsets.outstanding()
    tested = Commits(offsets)
    for _ in range(5):
        tested.reported(None, [first, Refused(second.topic, second.partition, second.offset)])
    assert [each.partition for each in offsets.outstanding()] == [1]
    assert "GROUP_AUTHORIZATION_FAILED" in (tested.problem() or "")


def test_at_once_settles_the_offsets(consumer: Any, offsets: Offsets) -> None:
    tested = Commits(offsets)
    tested.at_once(consumer)
    tested.at_once(consumer)
    assert consumer.asked == [(5, False)]


def test_a_failed_commit_says_what_may_come_again(
    consumer: Any, offsets: Offsets, caplog: pytest.LogCaptureFixture
) -> None:
    consumer.error = NO_COORDINATOR
    Commits(offsets).at_once(consumer)
    assert caplog.messages == [
        "commit of orders[0]@5 failed, records before these may come again: _WAIT_COORD: Waiting for coordinator"
    ]
    assert len(offsets.outstanding()) == 1


def test_a_frozen_broker_does_not_hold_up_the_end(
    consumer: Any, impatient: None, caplog: pytest.LogCaptureFixture
) -> None:
    receiving = Receiving(Membership("g", LastError()))
    receiving._offsets.processed(Message(topic="orders", partition=0, offset=4))
    consumer.answers.clear()
    receiving.close(consumer)
    assert not consumer.closed
    assert caplog.messages == ["Kafka does not answer the last commit, so the last records may come again"]


@pytest.mark.parametrize("rebalances", [1, 3])
def test_a_stop_in_the_middle_of_a_rebalance_takes_part_in_it_and_commits_then(
    consumer: Any, offsets: Offsets, rebalances: int
) -> None:
    consumer.rebalances = rebalances
    assert Commits(offsets).at_the_end(consumer)
    assert consumer.asked == [(5, False)] * (rebalances + 1)
    assert not offsets.outstanding()


def test_a_stop_does_not_repeat_a_commit_that_is_denied(consumer: Any, offsets: Offsets) -> None:
    consumer.error = DENIED
    assert Commits(offsets).at_the_end(consumer)
    assert consumer.asked == [(5, False)]


def test_close_commits_and_leaves_the_group(consumer: Any) -> None:
    receiving = Receiving(Membership("g", LastError()))
    receiving._offsets.processed(Message(topic="orders", partition=0, offset=4))
    receiving.close(consumer)
    assert consumer.asked == [(5, False)]
    assert consumer.closed
