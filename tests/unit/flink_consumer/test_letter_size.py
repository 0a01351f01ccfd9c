import logging
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from traced_flink_consumer import letter_size
from traced_flink_consumer.records import LETTER_BYTES
from traced_flink_consumer.settings import FlinkSettings

from .test_settings import REQUIRED

KAFKA = FlinkSettings.read(REQUIRED).kafka


class FakeAdmin:
    """Answers for every resource with a limit, or with an error."""

    def __init__(self, answer: int | KafkaError) -> None:
        self._answer = answer

    def describe_configs(self, resources: list[Any], request_timeout: float) -> dict[Any, Any]:
        return dict.fromkeys(resources, self)

    def result(self) -> dict[str, Any]:
        if isinstance(self._answer, KafkaError):
            raise KafkaException(self._answer)
        return {"max.message.bytes": self}

    @property
    def value(self) -> str:
        return str(self._answer)


def test_the_limit_is_the_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_size, "AdminClient", lambda conf: FakeAdmin(10_485_760))
    assert letter_size.of_topic(KAFKA, "orders.dlq") == 10_485_760


def test_without_the_right_to_read_it_the_limit_is_the_usual_one_and_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    denied = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED, "denied")
    monkeypatch.setattr(letter_size, "AdminClient", lambda conf: FakeAdmin(denied))
    assert letter_size.of_topic(KAFKA, "orders.dlq") == LETTER_BYTES
    assert "no configuration of orders.dlq: TOPIC_AUTHORIZATION_FAILED: denied" in caplog.messages[0]


def test_without_kafka_it_is_bounded(broker: str) -> None:
    """The mock broker knows no such request."""
    kafka = FlinkSettings.read({**REQUIRED, "KAFKA_BOOTSTRAP_SERVERS": broker}).kafka
    assert letter_size.of_topic(kafka, "orders.dlq") == LETTER_BYTES
