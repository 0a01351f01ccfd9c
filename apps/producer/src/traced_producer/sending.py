"""One order whenever one is due."""

import time
from typing import Final

from confluent_kafka import KafkaException
from kafkatrace import Producer

from traced_producer import orders
from traced_producer.deliveries import Deliveries
from traced_producer.pace import Pace
from traced_producer.settings import ProducerSettings

# Kafka away: this many orders wait in memory, each with its open span, and no more are made until some leave.
MOST_WAITING: Final = 5_000
_LONGEST_POLL: Final = 0.5


class Sending:
    """Produces at the wished rate; what can't be queued is not produced, so nothing is lost in silence."""

    def __init__(self, producer: Producer, settings: ProducerSettings, deliveries: Deliveries) -> None:
        self._producer = producer
        self._settings = settings
        self._deliveries = deliveries
        self._pace = Pace(settings.rate_per_second, time.monotonic())

    def turn(self) -> None:
        """Send the order that is due, or wait a little; delivery reports are served in both cases."""
        wait = self._pace.wait(time.monotonic())
        if self._deliveries.waiting >= MOST_WAITING:
            wait = _LONGEST_POLL  # poll returns as soon as there is a report
        self._producer.poll(min(wait, _LONGEST_POLL))
        if wait == 0:
            self._send()

    def _send(self) -> None:
        order = orders.invent(self._deliveries.produced + 1)
        try:
            self._producer.produce(
                self._settings.topic,
                value=order.to_json(self._settings.message_bytes),
                key=order.customer,
                on_delivery=self._deliveries.report,
            )
        except BufferError:  # librdkafka's queue is full of large orders: the same number again, a little later
            self._producer.poll(_LONGEST_POLL)
            return
        except KafkaException as error:  # such as a topic that does not exist, or not yet
            self._deliveries.refused(error.args[0])
            self._producer.poll(_LONGEST_POLL)
            return
        self._deliveries.sent()
        self._pace.sent(time.monotonic())
