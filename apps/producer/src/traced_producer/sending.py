"""One order whenever one is due."""

import time
from typing import Final

from confluent_kafka import KafkaException
from traced_common.renewal import RenewedProducer

from traced_producer import orders
from traced_producer.deliveries import Deliveries, Outgoing
from traced_producer.pace import Pace
from traced_producer.settings import ProducerSettings

# Kafka away: this many orders wait in memory, each with its open span, and no more are made until some leave.
MOST_WAITING: Final = 5_000
_LONGEST_POLL: Final = 0.5


class Sending:
    """Produces at the wished rate, what failed before what is new: no order is given up while the process lives."""

    def __init__(self, producer: RenewedProducer, settings: ProducerSettings, deliveries: Deliveries) -> None:
        self._producer = producer
        self._settings = settings
        self._deliveries = deliveries
        self._pace = Pace(settings.rate_per_second, time.monotonic())
        self._next: Outgoing | None = None

    def turn(self) -> None:
        """Send the order that is due, or wait a little; delivery reports are served in both cases."""
        wait = self._pace.wait(time.monotonic())
        if self._deliveries.waiting >= MOST_WAITING and not self._deliveries.again:
            wait = _LONGEST_POLL  # poll returns as soon as there is a report
        self._producer.poll(min(wait, _LONGEST_POLL))
        if wait == 0:
            self._send()

    def last_attempts(self) -> None:
        """Give every order that failed to librdkafka once more, as far as it takes them."""
        for _ in range(len(self._deliveries.again)):
            if not self._send():
                return

    def _send(self) -> bool:
        order = self._next = self._next or self._choose()
        try:
            self._producer.current.produce(
                self._settings.topic,
                value=order.value,
                key=order.key,
                on_delivery=self._deliveries.report,
            )
        except BufferError:  # librdkafka's queue is full of large orders: the same one, a little later
            self._producer.poll(_LONGEST_POLL)
            return False
        except KafkaException as error:  # such as a topic that does not exist, or not yet
            self._deliveries.refused(error.args[0])
            self._producer.poll(_LONGEST_POLL)
            return False
        self._next = None
        self._deliveries.sent(order)
        self._pace.sent(time.monotonic())
        return True

    def _choose(self) -> Outgoing:
        if self._deliveries.again:
            return self._deliveries.again.popleft()
        order = orders.invent(self._deliveries.produced + 1)
        return Outgoing(order.customer, order.to_json(self._settings.message_bytes))
