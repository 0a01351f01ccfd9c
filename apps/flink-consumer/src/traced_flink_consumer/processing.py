"""The first operator: a record's process span, the order in it, the handler, the dead letter."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import kafkatrace
from traced_common.order import Order, PoisonError

from traced_flink_consumer import context
from traced_flink_consumer.attempts import Attempt
from traced_flink_consumer.records import dead_letter, message_of


@dataclass(frozen=True, slots=True)
class Client:
    """Who reads, for the spans: the topic, the group, and what else a Kafka client is known by."""

    topic: str
    group: str
    client_id: str
    bootstrap_servers: str
    cluster_id: str | None

    def receiver(self) -> kafkatrace.RecordReceiver:
        """Make what draws the spans, in the process that works."""
        conf = {"group.id": self.group, "client.id": self.client_id, "bootstrap.servers": self.bootstrap_servers}
        return kafkatrace.RecordReceiver(conf, cluster_id=self.cluster_id)


class Processing:
    """Processes rows of the source inside their process span; `seconds` is the time that the demo work takes."""

    def __init__(self, client: Client, handle: Callable[[Order], Order], seconds: float, attempt: Attempt) -> None:
        self._topic = client.topic
        self._group = client.group
        self._receiver = client.receiver()
        self._handle = handle
        self._seconds = seconds
        self._attempt = attempt

    def process(self, row: Any) -> tuple[tuple[Any, ...] | None, tuple[Any, ...] | None]:
        """Process one: an order on its way to its customer's total, or a dead letter."""
        message, left_ns = message_of(self._topic, row)
        letter = None
        try:
            with self._receiver.process(message, left_ns) as span:
                timestamp = message.timestamp()[1]
                self._attempt.mark(span, timestamp)
                try:
                    order = self._handle(Order.from_json(row[1]))
                except PoisonError as poison:
                    letter = dead_letter(message, poison, self._group)  # in the span, so that it stays in the trace
                    raise
                if self._seconds:
                    time.sleep(self._seconds)
                return (order.customer, order.id, str(order.amount), timestamp, *context.current()), None
        except PoisonError:
            return None, letter
