import logging
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import KafkaError, Message
from traced_common.kafka import Trouble
from traced_producer.deliveries import Deliveries, Outgoing

REFUSED = KafkaError(KafkaError._TRANSPORT, "kafka:9092: Connection refused")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class FakeProducer:
    """What Deliveries sees of a RenewedProducer."""

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.fatal: str | None = None


@pytest.fixture
def producer() -> Any:
    return FakeProducer()


@pytest.fixture
def trouble(producer: Any) -> Any:
    return producer.trouble


@pytest.fixture
def deliveries(producer: Any, clock: Clock) -> Deliveries:
    return Deliveries(producer, clock)


NEW = Outgoing("customer-007", b"{}")


def message() -> Message:
    return confluent_kafka.Message(topic="orders", key=b"customer-007", value=b"{}")


def test_nothing_delivered_yet(deliveries: Deliveries, trouble: Trouble) -> None:
    assert deliveries.problem() == "no order delivered yet: connecting to Kafka"
    trouble(REFUSED)
    assert deliveries.problem() == "no order delivered yet: _TRANSPORT: kafka:9092: Connection refused"


def test_the_first_report_makes_ready(deliveries: Deliveries) -> None:
    deliveries.sent(NEW)
    deliveries.report(None, message())
    assert deliveries.problem() is None
    assert str(deliveries) == "produced 1, delivered 1, undelivered 0"


def test_an_idle_producer_stays_ready(deliveries: Deliveries, clock: Clock) -> None:
    deliveries.sent(NEW)
    deliveries.report(None, message())
    clock.now = 3600
    assert deliveries.problem() is None
    deliveries.sent(NEW)  # its time begins now
    assert deliveries.problem() is None


def test_orders_without_report_are_a_problem_after_ten_seconds(
    deliveries: Deliveries, trouble: Trouble, clock: Clock
) -> None:
    deliveries.sent(NEW)
    deliveries.report(None, message())
    deliveries.sent(NEW)
    deliveries.sent(NEW)
    trouble(REFUSED)
    clock.now = 10
    assert deliveries.problem() is None
    clock.now = 11
    assert deliveries.problem() == "2 orders wait, none delivered for 11 s: _TRANSPORT: kafka:9092: Connection refused"


def test_a_failed_order_comes_again_and_is_a_problem_until_a_good_report(
    deliveries: Deliveries, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    deliveries.sent(NEW)
    deliveries.report(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, "unknown topic"), message())
    assert deliveries.problem() == "the last order was not delivered: UNKNOWN_TOPIC_OR_PART: unknown topic"
    assert deliveries.failed_attempts == 1
    assert caplog.messages == [
        "order not delivered to orders, sent again: UNKNOWN_TOPIC_OR_PART: unknown topic; 1 attempts failed so far"
    ]
    again = deliveries.again.popleft()
    assert again == Outgoing(b"customer-007", b"{}", again=True)
    assert str(deliveries) == "produced 1, delivered 0, undelivered 1"
    deliveries.sent(again)
    deliveries.report(None, message())
    assert deliveries.problem() is None
    assert str(deliveries) == "produced 1, delivered 1, undelivered 0"


def test_a_fatal_error_is_the_problem_until_an_order_is_delivered(deliveries: Deliveries, producer: Any) -> None:
    deliveries.sent(NEW)
    producer.fatal = "CLUSTER_AUTHORIZATION_FAILED: denied"
    deliveries.report(KafkaError(KafkaError._PURGE_QUEUE), message())
    deliveries.refused(KafkaError(KafkaError._FATAL, "fatal", fatal=True))
    expected = "the last order was not delivered: CLUSTER_AUTHORIZATION_FAILED: denied"
    assert deliveries.problem() == expected
    producer.fatal = None  # a new producer was made
    assert deliveries.problem() == expected
    deliveries.report(None, message())
    assert deliveries.problem() is None
