"""confluent-kafka's clients with serializers, traced."""

from typing import Any

import confluent_kafka

from kafkatrace.clients.consumer import Consumer
from kafkatrace.clients.producer import Producer
from kafkatrace.tracing import Tracing


class SerializingProducer(confluent_kafka.SerializingProducer, Producer):  # type: ignore[misc] # produce()'s arguments differ in the originals, too
    """confluent_kafka.SerializingProducer; the send span begins when the message is serialized.

    conf: the original's configuration
    tracing: what kafkatrace.configure() returned; else the one that was configured last
    """

    def __init__(self, conf: dict[str, Any], *, tracing: Tracing | None = None) -> None:
        self._tracing = tracing
        super().__init__(conf)


class DeserializingConsumer(confluent_kafka.DeserializingConsumer, Consumer):
    """confluent_kafka.DeserializingConsumer with process(); a message that can't be deserialized has no span.

    conf: the original's configuration
    tracing: what kafkatrace.configure() returned; else the one that was configured last
    link: True gives each process span a trace of its own, linked to the sender's
    """

    def __init__(self, conf: dict[str, Any], *, tracing: Tracing | None = None, link: bool = False) -> None:
        self._tracing, self._link = tracing, link
        super().__init__(conf)
