from confluent_kafka import KafkaError, TopicPartition
from traced_common.kafka import LastError
from traced_consumer.membership import Membership

REFUSED = KafkaError(KafkaError._TRANSPORT, "kafka:9092: Connection refused")
PARTITIONS = [TopicPartition("orders", 0)]


def statistics(state: str = "up", join_state: str = "steady", age: int = 0) -> dict[str, dict[str, str | int]]:
    return {"cgrp": {"state": state, "join_state": join_state, "rebalance_age": age}}


def test_connecting_until_joined() -> None:
    last_error = LastError()
    membership = Membership("g", last_error)
    assert membership.problem() == "not yet a member of group g: connecting to Kafka"
    last_error(REFUSED)
    membership.statistics(statistics("query-coord", "init"))
    assert membership.problem() == "not yet a member of group g: _TRANSPORT: kafka:9092: Connection refused"
    membership.assigned(PARTITIONS)
    membership.statistics(statistics())
    assert membership.problem() is None


def test_a_member_without_partitions_is_ready_once_the_group_has_settled() -> None:
    membership = Membership("g", LastError())
    membership.assigned([])
    membership.statistics(statistics(age=4_999))
    assert membership.problem() == "not yet a member of group g: connecting to Kafka"
    membership.statistics(statistics(join_state="wait-join", age=60_000))
    assert membership.problem() is not None
    membership.statistics(statistics(age=5_000))
    assert membership.problem() is None


def test_a_new_member_is_not_ready_before_others_have_given_it_partitions() -> None:
    membership = Membership("g", LastError())
    membership.assigned([])
    assert membership.problem() is not None
    membership.assigned(PARTITIONS)
    assert membership.problem() is None


def test_a_member_that_keeps_its_partitions_stays_ready() -> None:
    membership = Membership("g", LastError())
    membership.assigned(PARTITIONS)
    membership.assigned([])
    assert membership.problem() is None


def test_a_rebalance_is_no_problem() -> None:
    membership = Membership("g", LastError())
    membership.assigned(PARTITIONS)
    membership.statistics(statistics(join_state="wait-join"))
    assert membership.problem() is None


def test_a_coordinator_that_went_away_is() -> None:
    last_error = LastError()
    membership = Membership("g", last_error)
    membership.assigned(PARTITIONS)
    membership.statistics(statistics("wait-broker-transport"))
    assert membership.problem() == "the coordinator of group g is away: no answer"
    membership.statistics(statistics())
    assert membership.problem() is None


def test_lost_partitions_are_until_it_joins_again() -> None:
    membership = Membership("g", LastError())
    membership.assigned(PARTITIONS)
    membership.lost()
    assert membership.problem() == "not yet a member of group g: connecting to Kafka"
    membership.assigned(PARTITIONS)
    assert membership.problem() is None


def test_a_missing_topic_is_until_partitions_come() -> None:
    membership = Membership("g", LastError())
    membership.failed(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, "orders: unknown topic"))
    membership.assigned([])
    membership.statistics(statistics(age=60_000))
    assert membership.problem() == "Kafka: UNKNOWN_TOPIC_OR_PART: orders: unknown topic"
    membership.assigned(PARTITIONS)
    assert membership.problem() is None


def test_a_denial_is_one_until_records_come_again() -> None:
    membership = Membership("g", LastError())
    membership.assigned(PARTITIONS)
    membership.failed(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED, "Fetch from broker 1 failed"))
    assert membership.problem() == "Kafka: TOPIC_AUTHORIZATION_FAILED: Fetch from broker 1 failed"
    membership.received()
    assert membership.problem() is None
