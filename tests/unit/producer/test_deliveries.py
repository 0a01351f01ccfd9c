import logging
from collections.abc import Callable
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import KafkaError, Message
from traced_common.kafka import LastError
from traced_producer.deliveries import MOST_WAITING, Deliveries, Outgoing

REFUSED = KafkaError(KafkaError._TRANSPORT, "kafka:9092: Connection refused")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class FakeProducer:
    """What Deliveries sees of a RecreatingProducer."""

    def __init__(self) -> None:
        self.last_error = LastError()
        self.fatal: str | None = None
        self.generation = 0


@pytest.fixture
def producer() -> Any:
    return FakeProducer()


@pytest.fixture
def last_error(producer: Any) -> Any:
    return producer.last_error


@pytest.fixture
def deliveries(producer: Any, clock: Clock) -> Deliveries:
    return Deliveries(producer, clock)


NEW = Outgoing("customer-007", b"{}")
NEXT = Outgoing("customer-007", b"[]")
DENIED = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED, "denied")


def message() -> Message:
    return confluent_kafka.Message(topic="orders", key=b"customer-007", value=b"{}")


def attempt(deliveries: Deliveries) -> Callable[[KafkaError | None, Message], None]:
    """Produce the next order that is due; the result takes its delivery report."""
    return deliveries.reporter(deliveries.due.popleft())


def deliver(deliveries: Deliveries, order: Outgoing) -> None:
    deliveries.add(order)
    attempt(deliveries)(None, message())


def test_nothing_delivered_yet(deliveries: Deliveries, last_error: LastError) -> None:
    assert deliveries.problem() == "no order delivered yet: connecting to Kafka"
    last_error(REFUSED)
    assert deliveries.problem() == "no order delivered yet: _TRANSPORT: kafka:9092: Connection refused"


def test_the_first_report_makes_ready(deliveries: Deliveries) -> None:
    deliver(deliveries, NEW)
    assert deliveries.problem() is None
    assert str(deliveries) == "produced 1, delivered 1, undelivered 0"


def test_an_idle_producer_stays_ready(deliveries: Deliveries, clock: Clock) -> None:
    deliver(deliveries, NEW)
    clock.now = 3600
    assert deliveries.problem() is None
    deliveries.add(NEW)  # its time begins now
    assert deliveries.problem() is None


def test_orders_without_report_are_a_problem_after_ten_seconds(
    deliveries: Deliveries, last_error: LastError, clock: Clock
) -> None:
    deliver(deliveries, NEW)
    deliveries.add(NEW)
    deliveries.add(NEW)
    last_error(REFUSED)
    clock.now = 10
    assert deliveries.problem() is None
    clock.now = 11
    assert deliveries.problem() == "2 orders wait, none delivered for 11 s: _TRANSPORT: kafka:9092: Connection refused"


def test_a_failed_order_comes_again_and_is_a_problem_until_a_good_report(
    deliveries: Deliveries, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    deliveries.add(NEW)
    attempt(deliveries)(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, "unknown topic"), message())
    assert deliveries.problem() == "the last order was not delivered: UNKNOWN_TOPIC_OR_PART: unknown topic"
    assert deliveries.failed_attempts == 1
    assert caplog.messages == [
        "order not delivered to orders, sent again: UNKNOWN_TOPIC_OR_PART: unknown topic; 1 attempts failed so far"
    ]
    assert list(deliveries.due) == [NEW]
    assert str(deliveries) == "produced 1, delivered 0, undelivered 1"
    attempt(deliveries)(None, message())
    assert deliveries.problem() is None
    assert str(deliveries) == "produced 1, delivered 1, undelivered 0"


def test_an_order_waits_for_the_one_before_it_of_its_key_and_for_no_other(deliveries: Deliveries) -> None:
    other = Outgoing("customer-008", b"{}")
    for order in (NEW, NEXT, other):
        deliveries.add(order)
    assert list(deliveries.due) == [NEW, other]
    report = attempt(deliveries)
    report(DENIED, message())
    assert list(deliveries.due) == [other, NEW]
    deliveries.due.rotate()
    attempt(deliveries)(None, message())
    assert list(deliveries.due) == [other, NEXT]


def test_a_re_creation_makes_due_what_the_old_producer_had_and_its_late_reports_count_for_nothing(
    deliveries: Deliveries, producer: Any
) -> None:
    deliveries.add(NEW)
    deliveries.add(NEXT)
    late = attempt(deliveries)
    deliveries.take_over()
    assert not deliveries.due
    producer.generation += 1
    deliveries.take_over()
    assert list(deliveries.due) == [NEW]
    late(None, message())
    late(DENIED, message())
    assert (deliveries.delivered, deliveries.failed_attempts, list(deliveries.due)) == (0, 0, [NEW])


@pytest.mark.parametrize(("size", "most"), [(1, MOST_WAITING), (1_000_000, 9)])
def test_what_waits_is_bounded_by_number_and_bytes(deliveries: Deliveries, size: int, most: int) -> None:
    while not deliveries.full:
        deliveries.add(Outgoing("k", bytes(size)))
    assert deliveries.waiting == most
    attempt(deliveries)(None, message())
    assert not deliveries.full


def test_a_fatal_error_is_the_problem_until_an_order_is_delivered(deliveries: Deliveries, producer: Any) -> None:
    deliveries.add(NEW)
    producer.fatal = "CLUSTER_AUTHORIZATION_FAILED: denied"
    attempt(deliveries)(KafkaError(KafkaError._PURGE_QUEUE), message())
    deliveries.refused(KafkaError(KafkaError._FATAL, "fatal", fatal=True))
    expected = "the last order was not delivered: CLUSTER_AUTHORIZATION_FAILED: denied"
    assert deliveries.problem() == expected
    producer.fatal = None  # a new producer was made
    assert deliveries.problem() == expected
    attempt(deliveries)(None, message())
    assert deliveries.problem() is None
