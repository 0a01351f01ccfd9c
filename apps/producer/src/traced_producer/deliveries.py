"""What became of the orders: delivered, failed, still under way."""

import logging
import time
from collections.abc import Callable
from typing import Final

from confluent_kafka import KafkaError, Message
from traced_common.kafka import Trouble, said
from traced_common.logs import sparingly

_logger = logging.getLogger(__name__)
_SECONDS_WITHOUT_REPORT: Final = 10.0


class Deliveries:
    """Counts every order from produce() to its delivery report, and judges readiness by the reports."""

    def __init__(self, trouble: Trouble, clock: Callable[[], float] = time.monotonic) -> None:
        self._trouble = trouble
        self._clock = clock
        self._waiting_since = clock()
        self._last_failure: str | None = None
        self.produced = self.delivered = self.failed = 0

    @property
    def waiting(self) -> int:
        """How many have no report yet."""
        return self.produced - self.delivered - self.failed

    def sent(self) -> None:
        """Count an order that librdkafka took."""
        if self.waiting == 0:
            self._waiting_since = self._clock()
        self.produced += 1

    def report(self, error: KafkaError | None, message: Message) -> None:
        """Take a delivery report: this is the producer's on_delivery."""
        self._waiting_since = self._clock()
        if error is None:
            self.delivered += 1
            self._last_failure = None
            return
        self.failed += 1
        self._last_failure = said(error)
        _logger.error(
            "order not delivered to %s: %s; %d so far",
            message.topic(),
            self._last_failure,
            self.failed,
            extra=sparingly("failed"),
        )

    def refused(self, error: KafkaError) -> None:
        """Note why librdkafka does not even take an order; it is made again, so it doesn't count."""
        self._last_failure = said(error)
        _logger.error("Kafka takes no orders: %s", self._last_failure, extra=sparingly("refused"))

    def problem(self) -> str | None:
        """Say why orders don't arrive, or nothing."""
        if self._last_failure:
            return f"the last order was not delivered: {self._last_failure}"
        if not self.delivered:
            return f"no order delivered yet: {self._trouble.last or 'connecting to Kafka'}"
        age = self._clock() - self._waiting_since
        if self.waiting and age > _SECONDS_WITHOUT_REPORT:
            return f"{self.waiting} orders wait, none delivered for {age:.0f} s: {self._trouble.last or 'no answer'}"
        return None

    def __str__(self) -> str:
        return f"produced {self.produced}, delivered {self.delivered}, failed {self.failed}"
