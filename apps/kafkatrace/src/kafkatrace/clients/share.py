"""confluent-kafka's share consumers (KIP-932), traced: a message's outcome is on its process span.

https://cwiki.apache.org/confluence/display/KAFKA/KIP-932%3A+Queues+for+Kafka
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Final

import confluent_kafka
from confluent_kafka import AcknowledgeType, Message, Messages, TopicPartition, cimpl
from opentelemetry.trace import Span

from kafkatrace.clients.arguments import conf_of, documented_by
from kafkatrace.clients.iteration import each_in_its_span
from kafkatrace.operations.receive import Receiver
from kafkatrace.spans import semconv
from kafkatrace.tracing import Tracing, chosen

_poll: Final = cimpl.ShareConsumer.poll


class _Unassigned:
    """What there is to learn from a share consumer: nothing, for it has neither partitions nor metadata to look at."""

    def assignment(self) -> list[TopicPartition]:
        """Return the partitions that it reads, which only the broker knows."""
        return []

    def get_watermark_offsets(
        self, partition: TopicPartition, timeout: float = -1, cached: bool = False
    ) -> tuple[int, int]:
        """Return no offsets."""
        raise RuntimeError("a share consumer has no assignment")

    def cluster_id(self, timeout: float = -1) -> str:
        """Return no id."""
        raise RuntimeError("a share consumer has no metadata")


@documented_by(cimpl.ShareConsumer)
class ShareConsumer(cimpl.ShareConsumer):
    """confluent_kafka.ShareConsumer with process(), the span around a message's handler.

    acknowledge() inside process() says on the span how it ended: accept, release, reject.

    Takes the original's configuration, a dict or keywords, and
    tracing: what kafkatrace.configure() returned; else the one that was configured last
    link: True gives each process span a trace of its own, linked to the sender's
    """

    # of the subclass that can't hand them through its confluent-kafka base
    _tracing: Tracing | None = None
    _link = False

    def __init__(self, *args: Any, tracing: Tracing | None = None, link: bool = False, **kwargs: Any) -> None:
        tracing = chosen(self._tracing if tracing is None else tracing)
        self._receiver = Receiver(tracing, conf_of(args, kwargs), linked=link or self._link)
        super().__init__(*args, **kwargs)

    def poll(self, timeout: float = -1) -> Messages:
        """Poll a batch as the original does; a receive span tells of it, unless it is empty."""
        start = time.time_ns()
        messages = _poll(self, timeout)
        if messages:
            self._receiver.received(_Unassigned(), start, messages.records())
        return messages

    def process(self, message: Message) -> AbstractContextManager[Span]:
        """Handle a message inside `with consumer.process(message) as span:`, as kafkatrace.Consumer does.

        message: one of those that poll() returned
        """
        return self._receiver.process(message)

    def process_all(self, messages: Iterable[Message]) -> Iterator[Message]:
        """Iterate over a batch: each message's process span lasts while the loop's body handles it.

        messages: what poll() returned
        """
        return each_in_its_span(self.process, messages)

    def acknowledge(self, message: Message, ack_type: AcknowledgeType = AcknowledgeType.ACCEPT) -> None:
        """Acknowledge as the original does; the message's open process span says how."""
        super().acknowledge(message, ack_type)
        self._note((message.topic(), message.partition(), message.offset()), ack_type)

    def acknowledge_offset(
        self, topic: str, partition: int, offset: int, ack_type: AcknowledgeType = AcknowledgeType.ACCEPT
    ) -> None:
        """Acknowledge as the original does; the message's open process span says how."""
        super().acknowledge_offset(topic, partition, offset, ack_type)
        self._note((topic, partition, offset), ack_type)

    def _note(self, place: tuple[str | None, int | None, int | None], ack_type: AcknowledgeType) -> None:
        outcome = AcknowledgeType(ack_type).name.lower()
        for span in list(self._receiver.processed.open.values()):
            if (span.topic, span.partition, span.offset) == place:
                span.set_attribute(semconv.ACKNOWLEDGEMENT, outcome)

    def close(self, *args: Any, **kwargs: Any) -> Any:
        """Close as the original does; the metrics of this consumer alone are then exported once more."""
        try:
            return super().close(*args, **kwargs)
        finally:
            self._receiver.close()

    def __exit__(self, *args: Any) -> Any:
        try:
            return super().__exit__(*args)
        finally:
            self._receiver.close()


class DeserializingShareConsumer(confluent_kafka.DeserializingShareConsumer, ShareConsumer):
    """confluent_kafka.DeserializingShareConsumer with process().

    conf: the original's configuration
    tracing: what kafkatrace.configure() returned; else the one that was configured last
    link: True gives each process span a trace of its own, linked to the sender's
    """

    def __init__(self, conf: dict[str, Any], *, tracing: Tracing | None = None, link: bool = False) -> None:
        self._tracing, self._link = tracing, link
        super().__init__(conf)
