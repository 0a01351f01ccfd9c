from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from traced_common.environment import SettingsError
from traced_common.stale_leaders import StaleLeadersError
from traced_common.topic_identity import TopicIdentity


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class FakeKafka:
    """Answers the question for a topic's id when the test does."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.connections = 0
        self.unreadable = False
        self.asked: list[Future[Any]] = []
        self.identity = TopicIdentity("orders", self.connect, self.clock)

    def connect(self) -> AdminClient:
        if self.unreadable:
            raise SettingsError(["password: empty"])
        self.connections += 1
        return self  # type: ignore[return-value] # what is used of it

    def describe_topics(self, topics: TopicCollection, request_timeout: float) -> dict[str, Future[Any]]:
        self.asked.append(Future())
        return {"orders": self.asked[-1]}

    def answer(self, topic_id: str | None) -> None:
        """Have a question come, answer it (None is a refusal), and have the answer looked at."""
        self.clock.now += 15
        self.identity.check()
        if topic_id is None:
            self.asked[-1].set_exception(KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)))
        else:
            self.asked[-1].set_result(SimpleNamespace(topic_id=topic_id))
        self.identity.check()


def test_another_id_needs_another_client_once() -> None:
    kafka = FakeKafka()
    kafka.answer("old")
    kafka.answer("old")
    with pytest.raises(StaleLeadersError, match="topic orders was deleted and created again: its id is new, not old"):
        kafka.answer("new")
    kafka.answer("new")


def test_a_topic_that_is_away_for_a_while_is_known_by_its_id_afterwards() -> None:
    kafka = FakeKafka()
    kafka.answer("old")
    kafka.answer(None)
    kafka.answer("old")
    kafka.answer(None)
    with pytest.raises(StaleLeadersError):
        kafka.answer("new")


def test_asks_four_times_a_minute_and_one_question_at_a_time() -> None:
    kafka = FakeKafka()
    kafka.identity.check()
    kafka.clock.now = 60
    kafka.identity.check()
    assert len(kafka.asked) == 1
    kafka.asked[0].set_result(SimpleNamespace(topic_id="old"))
    kafka.identity.check()
    kafka.identity.check()
    kafka.clock.now = 74
    kafka.asked[1].set_result(SimpleNamespace(topic_id="old"))
    kafka.identity.check()
    assert len(kafka.asked) == 2


def test_connects_anew_after_a_refusal_only() -> None:
    kafka = FakeKafka()
    kafka.answer("old")
    kafka.answer("old")
    assert kafka.connections == 1
    kafka.answer(None)
    kafka.answer("old")
    assert kafka.connections == 2


def test_credentials_in_the_middle_of_their_renewal_are_read_later() -> None:
    kafka = FakeKafka()
    kafka.unreadable = True
    kafka.identity.check()
    assert not kafka.asked
    kafka.unreadable = False
    kafka.answer("old")
    assert kafka.connections == 1
