"""One order whenever one is due."""

import time
from typing import Final

from confluent_kafka import KafkaException
from traced_common.recreating_producer import RecreatingProducer

from traced_producer import orders
from traced_producer.deliveries import Deliveries, Outgoing
from traced_producer.pace import Pace
from traced_producer.settings import ProducerSettings

_LONGEST_POLL: Final = 0.5
_SECONDS_BETWEEN_LAST_ATTEMPTS: Final = 0.1


class Sending:
    """Makes orders at the wished rate and produces what is due: no order is given up while the process lives."""

    def __init__(self, producer: RecreatingProducer, settings: ProducerSettings, deliveries: Deliveries) -> None:
        self._producer = producer
        self._settings = settings
        self._deliveries = deliveries
        self._pace = Pace(settings.rate_per_second, time.monotonic())

    def run_once(self) -> None:
        """Send the order that is due, or wait a little; delivery reports are served in both cases.

        While Kafka refuses orders there is one attempt in place of each new order, so that it is not flooded.
        """
        wait = self._pace.wait(time.monotonic())
        if self._deliveries.full and not self._deliveries.due:
            wait = _LONGEST_POLL  # poll returns as soon as there is a report
        self._producer.poll(min(wait, _LONGEST_POLL))
        self._deliveries.take_over()
        if wait == 0 and not self._deliveries.due:
            self._deliveries.add(self._invent())
        sent = self._send_all() if self._deliveries.flowing else wait == 0 and self._send()
        if wait == 0 and sent:
            self._pace.sent(time.monotonic())

    def finish(self, seconds: float) -> None:
        """Have what waits delivered, as far as that goes in this time."""
        end = time.monotonic() + seconds
        if self._producer.fatal:
            self._producer.recreate()
        while self._deliveries.waiting and (left := end - time.monotonic()) > 0:
            self._deliveries.take_over()
            if self._deliveries.flowing:
                self._send_all()
            else:
                self._send()
                time.sleep(min(left, _SECONDS_BETWEEN_LAST_ATTEMPTS))
            self._producer.poll(min(left, _LONGEST_POLL))

    def _send_all(self) -> bool:
        while self._deliveries.due:
            if not self._send():
                return False
        return True

    def _send(self) -> bool:
        """Hand librdkafka the next order that is due, if there is one; return whether it took it."""
        if not self._deliveries.due:
            return True
        order = self._deliveries.due[0]
        try:
            self._producer.current.produce(
                self._settings.topic,
                value=order.value,
                key=order.key,
                on_delivery=self._deliveries.reporter(order),
            )
        except BufferError:  # librdkafka's queue is full of large orders: the same one, a little later
            self._producer.poll(_LONGEST_POLL)
            return False
        except KafkaException as error:  # such as a topic that does not exist, or not yet
            self._deliveries.refused(error.args[0])
            self._producer.poll(_LONGEST_POLL)
            return False
        self._deliveries.due.popleft()
        return True

    def _invent(self) -> Outgoing:
        order = orders.invent(self._deliveries.produced + 1)
        return Outgoing(order.customer, order.to_json(self._settings.message_bytes))
