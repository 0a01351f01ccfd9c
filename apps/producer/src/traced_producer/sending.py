"""The main loop: one order whenever one is due, until a stop is requested."""

import time
from typing import Final

from kafkatrace import Producer
from traced_common.health import Health
from traced_common.kafka import Trouble
from traced_common.stop import Stop

from traced_producer import orders
from traced_producer.deliveries import Deliveries
from traced_producer.pace import Pace
from traced_producer.settings import ProducerSettings

# Kafka away: this many orders wait in memory, each with its open span, and no more are made until some leave.
MOST_WAITING: Final = 5_000
_LONGEST_POLL: Final = 0.5


class Sending:
    """Produces at the wished rate; what can't be queued is not produced, so nothing is lost in silence."""

    def __init__(
        self, producer: Producer, settings: ProducerSettings, deliveries: Deliveries, trouble: Trouble
    ) -> None:
        self._producer = producer
        self._settings = settings
        self._deliveries = deliveries
        self._trouble = trouble
        self._pace = Pace(settings.rate_per_second, time.monotonic())

    def run(self, stop: Stop, health: Health) -> None:
        """Turn until a stop is requested; RuntimeError when only a new process can go on."""
        while not stop.requested:
            self.turn()
            self._trouble.check()
            health.turn(self._deliveries.problem())

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
        self._deliveries.sent()
        self._pace.sent(time.monotonic())
