from confluent_kafka import KafkaError, TopicPartition
from traced_common.kafka import Trouble
from traced_consumer.membership import Membership

REFUSED = KafkaError(KafkaError._TRANSPORT, "kafka:9092: Connection refused")
PARTITIONS = [TopicPartition("orders", 0)]


def statistics(state: str = "up", join_state: str = "steady") -> dict[str, dict[str, str]]:
    return {"cgrp": {"state": state, "join_state": join_state}}


def test_connecting_until_joined() -> None:
    trouble = Trouble()
    membership = Membership("g", trouble)
    assert membership.problem() == "not yet a member of group g: connecting to Kafka"
    trouble(REFUSED)
    membership.statistics(statistics("query-coord", "init"))
    assert membership.problem() == "not yet a member of group g: _TRANSPORT: kafka:9092: Connection refused"
    membership.assigned(PARTITIONS)
    membership.statistics(statistics())
    assert membership.problem() is None


def test_a_member_without_partitions_is_ready() -> None:
    membership = Membership("g", Trouble())
    membership.statistics(statistics())
    assert membership.problem() is None


def test_a_rebalance_is_no_problem() -> None:
    membership = Membership("g", Trouble())
    membership.assigned(PARTITIONS)
    membership.statistics(statistics(join_state="wait-join"))
    assert membership.problem() is None


def test_a_coordinator_that_went_away_is() -> None:
    trouble = Trouble()
    membership = Membership("g", trouble)
    membership.assigned(PARTITIONS)
    membership.statistics(statistics("wait-broker-transport"))
    assert membership.problem() == "the coordinator of group g is away: no answer"
    membership.statistics(statistics())
    assert membership.problem() is None


def test_lost_partitions_are_until_it_joins_again() -> None:
    membership = Membership("g", Trouble())
    membership.assigned(PARTITIONS)
    membership.lost()
    assert membership.problem() == "not yet a member of group g: connecting to Kafka"
    membership.assigned([])
    assert membership.problem() is None


def test_a_missing_topic_is_until_partitions_come() -> None:
    membership = Membership("g", Trouble())
    membership.failed(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, "orders: unknown topic"))
    membership.assigned([])
    assert membership.problem() == "Kafka: UNKNOWN_TOPIC_OR_PART: orders: unknown topic"
    membership.assigned(PARTITIONS)
    assert membership.problem() is None


def test_a_denial_is_one_until_records_come_again() -> None:
    membership = Membership("g", Trouble())
    membership.assigned(PARTITIONS)
    membership.failed(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED, "Fetch from broker 1 failed"))
    assert membership.problem() == "Kafka: TOPIC_AUTHORIZATION_FAILED: Fetch from broker 1 failed"
    membership.received()
    assert membership.problem() is None
