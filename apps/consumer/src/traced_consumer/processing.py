"""One message: its span, the order in it, the handler, the dead letter."""

from collections.abc import Callable

from confluent_kafka import Message
from kafkatrace import Consumer
from traced_common.order import Order, PoisonError
from traced_common.stop import Stop

from traced_consumer.dead_letters import DeadLetters


class Processing:
    """Processes messages inside their process span; `seconds` is the time that the demo work takes."""

    def __init__(
        self,
        consumer: Consumer,
        handle: Callable[[Order], None],
        dead_letters: DeadLetters,
        seconds: float,
        stop: Stop,
    ) -> None:
        self._consumer = consumer
        self._handle = handle
        self._dead_letters = dead_letters
        self._seconds = seconds
        self._stop = stop

    def process(self, message: Message) -> None:
        """Process a message; PoisonError when it was delivered as a dead letter, else what the handler raises."""
        with self._consumer.process(message):
            try:
                self._handle(Order.from_json(message.value()))
            except PoisonError as poison:
                self._dead_letters.send(message, str(poison))  # in the span, so that it stays in the trace
                raise
            self._stop.wait(self._seconds)
