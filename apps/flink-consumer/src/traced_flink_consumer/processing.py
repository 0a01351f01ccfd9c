"""The first operator: a record's process span, the order in it, the handler, the dead letter."""

import time
from collections.abc import Callable
from typing import Any

import kafkatrace
from confluent_kafka import Message
from traced_common.order import Order, PoisonError

from traced_flink_consumer import context
from traced_flink_consumer.attempts import Attempt
from traced_flink_consumer.records import Client, SinkRow, dead_letter, message_of


class Processing:
    """Processes rows of the source inside their process span; `seconds` is the time that the demo work takes.

    Only what the handler raises leaves it, PoisonError excepted: the job then starts again, and so would it for ever
    with an exception that a record causes here.
    """

    def __init__(self, client: Client, handle: Callable[[Order], Order], seconds: float, attempt: Attempt) -> None:
        self._client = client
        self._receiver = client.receiver()
        self._handle = handle
        self._seconds = seconds
        self._attempt = attempt
        self._raised: Exception | None = None

    def process(self, row: Any) -> tuple[tuple[Any, ...] | None, SinkRow | None]:
        """Process one: an order on its way to its customer's total, or a dead letter."""
        letters: list[SinkRow] = []
        self._raised = None
        try:
            message, left_ns = message_of(self._client.topic, row)
            with self._receiver.process(message, left_ns) as span:
                timestamp = message.timestamp()[1]
                self._attempt.mark(span, timestamp)
                order = self._handled(row, message, letters)
                return (order.customer, order.id, str(order.amount), timestamp, *context.current()), None
        except Exception as error:
            if error is self._raised or isinstance(error, MemoryError):
                raise
            return None, letters[0] if letters else self._letter(row, row[2], f"{type(error).__name__}: {error}")

    def _handled(self, row: Any, message: Message, letters: list[SinkRow]) -> Order:
        try:
            order = self._writable(self._by_handler(Order.from_json(row[1])))
        except PoisonError as poison:  # in the span, so that it stays in the trace
            letters.append(self._letter(row, dict(kafkatrace.context_headers(message)), str(poison)))
            raise
        if self._seconds:
            time.sleep(self._seconds)
        return order

    def _by_handler(self, order: Order) -> tuple[Order, Order]:
        try:
            handled = self._handle(order)
            if not isinstance(handled, Order):
                raise TypeError(f"handle() returned {type(handled).__name__}, expected an Order")
        except PoisonError:
            raise
        except Exception as error:
            self._raised = error
            raise
        return order, handled

    @staticmethod
    def _writable(orders: tuple[Order, Order]) -> Order:
        """Return the handler's order; PoisonError unless what it made of the record can be written on, too."""
        given, handled = orders
        if handled is not given:
            Order.from_json(handled.to_json())
        return handled

    def _letter(self, row: Any, headers: Any, reason: str) -> SinkRow:
        return dead_letter(row, headers, reason, self._client)
