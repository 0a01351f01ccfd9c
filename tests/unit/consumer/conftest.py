from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import confluent_kafka
import pytest
from traced_common.order import Order

Headers = list[tuple[str, str | bytes | None]]
Put = Callable[..., None]


@pytest.fixture
def variables(broker: str, topic: str) -> dict[str, str]:
    """What the operator sets."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": broker,
        "KAFKA_TOPIC": topic,
        "KAFKA_GROUP_ID": f"group-of-{topic}",
        "KAFKA_DEAD_LETTER_TOPIC": f"{topic}.dlq",
        "CONSUMER_PROCESSING_TIME_MS": "0",
        "POD_NAME": "orders-consumer-0",
    }


def order(sequence: int) -> bytes:
    return Order(f"o-{sequence}", "customer-007", Decimal(1), sequence, datetime(2026, 11, 24, tzinfo=UTC)).to_json()


@pytest.fixture
def put(broker: str, topic: str) -> Put:
    """Put values into a partition of the topic: whole numbers become orders."""

    def put(*values: int | bytes | None, partition: int = 0, headers: Headers | None = None) -> None:
        producer = confluent_kafka.Producer({"bootstrap.servers": broker, "linger.ms": 0, "log_level": 0})
        for value in values:
            content = order(value) if isinstance(value, int) else value
            producer.produce(topic, content, key=b"k", partition=partition, headers=headers)
        assert producer.flush(10) == 0

    return put
