"""Poison to the dead-letter topic, and certainty that it arrived."""

import time
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message
from traced_common import letters
from traced_common.kafka import error_text
from traced_common.letters import Letter
from traced_common.recreating_producer import RecreatingProducer
from traced_common.stop import Stop

from traced_consumer.offsets import offset_of, place_of

Headers = list[tuple[str, str | bytes | None]]
_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.2
_SMALLER: Final = (1_000_000, 100_000, 10_000, 3_000)  # bytes, of what the topic refuses for its size


class UndeliveredError(Exception):
    """A dead letter of which Kafka has not said that it has it."""


def configuration() -> dict[str, Any]:
    """Make this producer's part of librdkafka's configuration."""
    return {
        "enable.idempotence": True,
        "acks": "all",
        "linger.ms": 0,  # each one is waited for
        "delivery.timeout.ms": int(_SECONDS * 1000),
        "message.max.bytes": 1_000_000_000,  # what came out of Kafka may go in again: let the broker decide
    }


class DeadLetters:
    """Sends one at a time and waits for its delivery report."""

    def __init__(self, producer: RecreatingProducer, topic: str, group: str, stop: Stop) -> None:
        self._producer = producer
        self._topic = topic
        self._group = group
        self._stop = stop

    def serve(self) -> None:
        """Serve the producer's logs and errors, which would pile up while there is no poison."""
        self._producer.poll(0)

    def send(self, message: Message, reason: str) -> None:
        """Deliver a copy with its headers and the reason; UndeliveredError unless Kafka confirms it.

        What is too large for the topic is cut until it fits: it would block its partition for ever.
        """
        letter = letters.write(message.key(), message.value(), _headers(message), self._about(message, reason))
        for size in (letter.size, *(each for each in _SMALLER if each < letter.size)):
            error = self._deliver(letters.fit(letter, size))
            if error is None:
                return
            if error.code() != KafkaError.MSG_SIZE_TOO_LARGE:
                break
        raise self._undelivered(error)

    def _deliver(self, letter: Letter) -> KafkaError | None:
        """Send one and wait for Kafka's answer; UndeliveredError without one."""
        reports: list[KafkaError | None] = []
        try:
            self._producer.current.produce(
                self._topic,
                value=letter.value,
                key=letter.key,
                headers=[*letter.headers, *letter.about],
                on_delivery=lambda error, _: reports.append(error),
            )
        except KafkaException as error:  # an unknown topic, or a producer that can't go on
            if not self._producer.fatal:  # why it can't is told by a poll only
                self._producer.poll(_POLL_SECONDS)
            refusal: KafkaError = error.args[0]
            return refusal
        deadline = time.monotonic() + _SECONDS + 1
        while not (reports or self._producer.fatal or self._stop.requested) and time.monotonic() < deadline:
            self._producer.poll(_POLL_SECONDS)
        if not reports:
            raise self._undelivered(None)
        if reports[0] is not None and reports[0].code() == KafkaError._MSG_TIMED_OUT:
            self._producer.condemn(error_text(reports[0]))  # it may hold on to the leaders of a topic that is gone
        return reports[0]

    def _undelivered(self, error: KafkaError | None) -> UndeliveredError:
        why = self._producer.fatal or (error_text(error) if error else "no delivery report in time")
        return UndeliveredError(f"dead letter not delivered to {self._topic}: {why}")

    def _about(self, message: Message, reason: str) -> list[tuple[str, object]]:
        topic, partition = place_of(message)
        return [
            ("reason", reason),
            ("topic", topic),
            ("partition", partition),
            ("offset", offset_of(message)),
            ("group", self._group),
        ]


def _headers(message: Message) -> Headers:
    try:
        headers = message.headers()
    except Exception as error:  # a name that is not UTF-8 makes confluent-kafka raise, SystemError at times
        return [("dead-letter.headers-lost", f"unreadable: {type(error).__name__}")]
    return list(headers.items() if isinstance(headers, dict) else headers or ())
