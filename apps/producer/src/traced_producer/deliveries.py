"""What became of the orders: delivered, under way, due, or behind another of their key."""

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from confluent_kafka import KafkaError, Message
from traced_common.kafka import error_text
from traced_common.logs import sparingly
from traced_common.recreating_producer import RecreatingProducer

_logger = logging.getLogger(__name__)
_SECONDS_WITHOUT_REPORT: Final = 10.0
# Kafka away: this much waits in memory, and no more is made until some of it leaves.
MOST_WAITING: Final = 5_000
_MOST_BYTES: Final = 8_388_608


class Outgoing(NamedTuple):
    """An order as a record."""

    key: str
    value: bytes


class Deliveries:
    """Holds every order until Kafka says that it has it, and judges readiness by that.

    An order becomes due once the one before it of its key is delivered. So no failure, no time-out and no new producer
    can bring two orders of a key out of their order; an order whose report is lost comes again.
    """

    def __init__(self, producer: RecreatingProducer, clock: Callable[[], float] = time.monotonic) -> None:
        self._producer = producer
        self._clock = clock
        self._generation = producer.generation
        self._waiting_since = clock()
        self._last_failure: str | None = None
        self._queues: dict[str, deque[Outgoing]] = {}
        self._bytes = 0
        self.due: deque[Outgoing] = deque()
        self.produced = self.delivered = self.failed_attempts = 0

    @property
    def waiting(self) -> int:
        """How many are not delivered yet."""
        return self.produced - self.delivered

    @property
    def full(self) -> bool:
        """Whether as many wait as may."""
        return self.waiting >= MOST_WAITING or self._bytes >= _MOST_BYTES

    @property
    def flowing(self) -> bool:
        """Whether Kafka took the last order that it answered for."""
        return not (self._producer.fatal or self._last_failure)

    def add(self, order: Outgoing) -> None:
        """Take a new order."""
        if self.waiting == 0:
            self._waiting_since = self._clock()
        self.produced += 1
        self._bytes += len(order.value)
        queue = self._queues.setdefault(order.key, deque())
        queue.append(order)
        if len(queue) == 1:
            self.due.append(order)

    def take_over(self) -> None:
        """After a re-creation, make due what the old producer had: nothing more will be reported of it."""
        if self._generation != self._producer.generation:
            self._generation = self._producer.generation
            self.due = deque(queue[0] for queue in self._queues.values())

    def reporter(self, order: Outgoing) -> Callable[[KafkaError | None, Message], None]:
        """Return the on_delivery of an order's next attempt."""
        generation = self._producer.generation

        def report(error: KafkaError | None, message: Message) -> None:
            if generation == self._producer.generation:  # else it was made due by the re-creation
                self._waiting_since = self._clock()
                if error is None:
                    self._delivered(order)
                else:
                    self._failed(order, error, message.topic())

        return report

    def refused(self, error: KafkaError) -> None:
        """Note why librdkafka does not even take an order."""
        self._last_failure = self._why(error)
        _logger.error("Kafka takes no orders: %s", self._last_failure, extra=sparingly("refused"))

    def problem(self) -> str | None:
        """Return why orders don't arrive, or None."""
        last_error = self._producer.last_error.last
        if failure := self._producer.fatal or self._last_failure:
            return f"the last order was not delivered: {failure}"
        if not self.delivered:
            return f"no order delivered yet: {last_error or 'connecting to Kafka'}"
        age = self._clock() - self._waiting_since
        if self.waiting and age > _SECONDS_WITHOUT_REPORT:
            return f"{self.waiting} orders wait, none delivered for {age:.0f} s: {last_error or 'no answer'}"
        return None

    def __str__(self) -> str:
        return f"produced {self.produced}, delivered {self.delivered}, undelivered {self.waiting}"

    def _delivered(self, order: Outgoing) -> None:
        self.delivered += 1
        self._bytes -= len(order.value)
        self._last_failure = None
        queue = self._queues[order.key]
        queue.popleft()
        if queue:
            self.due.append(queue[0])
        else:
            del self._queues[order.key]

    def _failed(self, order: Outgoing, error: KafkaError, topic: str | None) -> None:
        self.due.append(order)
        self.failed_attempts += 1
        self._last_failure = self._why(error)
        _logger.error(
            "order not delivered to %s, sent again: %s; %d attempts failed so far",
            topic,
            self._last_failure,
            self.failed_attempts,
            extra=sparingly("failed"),
        )

    def _why(self, error: KafkaError) -> str:
        # What a producer still held at its end librdkafka only calls purged.
        return self._producer.fatal or error_text(error)
