import logging

import confluent_kafka
import pytest
from confluent_kafka import KafkaError, Message
from traced_common.kafka import Trouble
from traced_producer.deliveries import Deliveries

REFUSED = KafkaError(KafkaError._TRANSPORT, "kafka:9092: Connection refused")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()


@pytest.fixture
def deliveries(trouble: Trouble, clock: Clock) -> Deliveries:
    return Deliveries(trouble, clock)


def message() -> Message:
    return confluent_kafka.Message(topic="orders")


def test_nothing_delivered_yet(deliveries: Deliveries, trouble: Trouble) -> None:
    assert deliveries.problem() == "no order delivered yet: connecting to Kafka"
    trouble(REFUSED)
    assert deliveries.problem() == "no order delivered yet: _TRANSPORT: kafka:9092: Connection refused"


def test_the_first_report_makes_ready(deliveries: Deliveries) -> None:
    deliveries.sent()
    deliveries.report(None, message())
    assert deliveries.problem() is None
    assert str(deliveries) == "produced 1, delivered 1, failed 0"


def test_an_idle_producer_stays_ready(deliveries: Deliveries, clock: Clock) -> None:
    deliveries.sent()
    deliveries.report(None, message())
    clock.now = 3600
    assert deliveries.problem() is None
    deliveries.sent()  # its time begins now
    assert deliveries.problem() is None


def test_orders_without_report_are_a_problem_after_ten_seconds(
    deliveries: Deliveries, trouble: Trouble, clock: Clock
) -> None:
    deliveries.sent()
    deliveries.report(None, message())
    deliveries.sent()
    deliveries.sent()
    trouble(REFUSED)
    clock.now = 10
    assert deliveries.problem() is None
    clock.now = 11
    assert deliveries.problem() == "2 orders wait, none delivered for 11 s: _TRANSPORT: kafka:9092: Connection refused"


def test_a_failed_delivery_is_counted_logged_and_a_problem_until_the_next_good_one(
    deliveries: Deliveries, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    deliveries.sent()
    deliveries.sent()
    deliveries.report(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, "unknown topic"), message())
    assert deliveries.problem() == "the last order was not delivered: UNKNOWN_TOPIC_OR_PART: unknown topic"
    assert deliveries.failed == 1
    assert [record.getMessage() for record in caplog.records] == [
        "order not delivered to orders: UNKNOWN_TOPIC_OR_PART: unknown topic; 1 so far"
    ]
    deliveries.report(None, message())
    assert deliveries.problem() is None
    assert str(deliveries) == "produced 2, delivered 1, failed 1"
