import pytest


@pytest.fixture
def variables(broker: str, topic: str) -> dict[str, str]:
    """What the operator sets."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": broker,
        "KAFKA_TOPIC": topic,
        "PRODUCER_RATE_PER_SECOND": "100",
        "PRODUCER_MESSAGE_BYTES": "256",
        "POD_NAME": "orders-producer-0",
    }
