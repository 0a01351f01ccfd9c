"""confluent-kafka's clients, traced: same methods, same arguments, same results."""

from contextlib import AbstractContextManager
from typing import Any

import confluent_kafka
from confluent_kafka import Message
from opentelemetry.trace import Span

from kafkatrace.client import ClusterId
from kafkatrace.headers import Headers
from kafkatrace.receiving import Receiver
from kafkatrace.sending import ERRORS_ONLY, DeliveryCallback, Outgoing, Sender
from kafkatrace.tracing import Tracing, current


class Producer(confluent_kafka.Producer):
    """confluent_kafka.Producer whose produce() makes a send span that ends in the delivery report."""

    def __init__(self, *args: Any, tracing: Tracing | None = None, **kwargs: Any) -> None:
        conf = _conf(args, kwargs)
        # the send span needs every report; Sender keeps the setting's promise towards the user's callback
        super().__init__({name: value for name, value in conf.items() if name != ERRORS_ONLY})
        self._cluster = ClusterId()
        self._sender = Sender(tracing or current(), conf, self._cluster)

    def produce(  # noqa: PLR0913 - the original's arguments
        self,
        topic: str,
        value: str | bytes | None = None,
        key: str | bytes | None = None,
        partition: int = -1,
        callback: DeliveryCallback | None = None,
        on_delivery: DeliveryCallback | None = None,
        timestamp: int = 0,
        headers: Headers | None = None,
    ) -> None:
        """Produce as the original does; the record's headers then carry the send span's context."""
        record = Outgoing(topic, value, key, partition, callback or on_delivery, timestamp, headers)
        self._sender.send(super().produce, record)

    def poll(self, timeout: float = -1) -> int:
        """Serve delivery reports as the original does."""
        self._cluster.learn(self)
        return super().poll(timeout)

    def flush(self, timeout: float = -1) -> int:
        """Wait for outstanding deliveries as the original does."""
        self._cluster.learn(self)
        return super().flush(timeout)


class Consumer(confluent_kafka.Consumer):
    """confluent_kafka.Consumer with process(), the span around a message's handler."""

    def __init__(self, *args: Any, tracing: Tracing | None = None, **kwargs: Any) -> None:
        conf = _conf(args, kwargs)
        super().__init__(conf)
        self._receiver = Receiver(tracing or current(), conf)

    def poll(self, timeout: float = -1) -> Message | None:
        """Poll as the original does."""
        message = super().poll(timeout)
        if message is not None:
            self._receiver.polled(self, (message,))
        return message

    def consume(self, num_messages: int = 1, timeout: float = -1) -> list[Message]:
        """Consume a batch as the original does."""
        messages = super().consume(num_messages, timeout)
        self._receiver.polled(self, messages)
        return messages

    def process(self, message: Message) -> AbstractContextManager[Span]:
        """Handle a message inside `with consumer.process(message) as span:`.

        Draws the queue span (record's timestamp to poll), child of the sender's span, and opens the process
        span beneath it. An exception is recorded and goes on. ValueError for an error or partition-end event.
        """
        return self._receiver.process(self, message)


def _conf(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    if len(args) > 1 or not all(isinstance(arg, dict) for arg in args):
        raise TypeError("expected configuration dict")
    return {**(args[0] if args else {}), **kwargs}
