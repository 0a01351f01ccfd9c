"""What became of the orders: delivered, under way, or to be sent again."""

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from confluent_kafka import KafkaError, Message
from traced_common.kafka import said
from traced_common.logs import sparingly
from traced_common.renewal import RenewedProducer

_logger = logging.getLogger(__name__)
_SECONDS_WITHOUT_REPORT: Final = 10.0


class Outgoing(NamedTuple):
    """An order as a record, and whether it was under way before."""

    key: str | bytes | None
    value: str | bytes | None
    again: bool = False


class Deliveries:
    """Follows every order from produce() to Kafka's word that it has it, and judges readiness by that."""

    def __init__(self, producer: RenewedProducer, clock: Callable[[], float] = time.monotonic) -> None:
        self._producer = producer
        self._clock = clock
        self._waiting_since = clock()
        self._last_failure: str | None = None
        self.again: deque[Outgoing] = deque()
        self.produced = self.delivered = self.failed_attempts = 0

    @property
    def waiting(self) -> int:
        """How many are not delivered yet."""
        return self.produced - self.delivered

    def sent(self, order: Outgoing) -> None:
        """Count an order that librdkafka took; one that comes again counts once."""
        if order.again:
            return
        if self.waiting == 0:
            self._waiting_since = self._clock()
        self.produced += 1

    def report(self, error: KafkaError | None, message: Message) -> None:
        """Take a delivery report, and keep an order that failed: this is the producer's on_delivery."""
        self._waiting_since = self._clock()
        if error is None:
            self.delivered += 1
            self._last_failure = None
            return
        self.again.append(Outgoing(message.key(), message.value(), again=True))
        self.failed_attempts += 1
        self._last_failure = self._why(error)
        _logger.error(
            "order not delivered to %s, sent again: %s; %d attempts failed so far",
            message.topic(),
            self._last_failure,
            self.failed_attempts,
            extra=sparingly("failed"),
        )

    def refused(self, error: KafkaError) -> None:
        """Note why librdkafka does not even take an order."""
        self._last_failure = self._why(error)
        _logger.error("Kafka takes no orders: %s", self._last_failure, extra=sparingly("refused"))

    def _why(self, error: KafkaError) -> str:
        return self._producer.fatal or said(error)  # of what a producer still held at its end librdkafka only says so

    def problem(self) -> str | None:
        """Say why orders don't arrive, or nothing."""
        trouble = self._producer.trouble.last
        if failure := self._producer.fatal or self._last_failure:
            return f"the last order was not delivered: {failure}"
        if not self.delivered:
            return f"no order delivered yet: {trouble or 'connecting to Kafka'}"
        age = self._clock() - self._waiting_since
        if self.waiting and age > _SECONDS_WITHOUT_REPORT:
            return f"{self.waiting} orders wait, none delivered for {age:.0f} s: {trouble or 'no answer'}"
        return None

    def __str__(self) -> str:
        return f"produced {self.produced}, delivered {self.delivered}, undelivered {self.waiting}"
