"""Records that a client other than ours read, such as Apache Flink's connector."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from confluent_kafka import Message
from opentelemetry.trace import Span

from kafkatrace.operations.receive import Receiver
from kafkatrace.tracing import Tracing, chosen


class RecordReceiver:
    """Draws for records made by hand what Consumer draws for those that it polled.

    `conf` names the client as for a Consumer: `group.id`, `client.id`, `bootstrap.servers`. `cluster_id` is
    told when it is known; `tracing` and `link` are Consumer's.
    """

    def __init__(
        self,
        conf: Mapping[str, object],
        *,
        cluster_id: str | None = None,
        tracing: Tracing | None = None,
        link: bool = False,
    ) -> None:
        self._receiver = Receiver(chosen(tracing), conf, linked=link)
        self._receiver.cluster.value = cluster_id

    def process(self, message: Message, polled_ns: int | None = None) -> AbstractContextManager[Span]:
        """Handle a record inside `with receiver.process(confluent_kafka.Message(topic=…, partition=…, offset=…))`.

        `polled_ns` is when the other client had it, nanoseconds since the epoch; the queue span ends there, or where
        processing begins when nobody knows. ValueError for a message without topic, partition and offset, and for a
        `polled_ns` that is no such time.
        """
        receiver = self._receiver
        receiver.polled.at(message, 0 if polled_ns is None else polled_ns)
        try:
            return receiver.process(message)
        except BaseException:
            receiver.polled.forget(message)
            raise
