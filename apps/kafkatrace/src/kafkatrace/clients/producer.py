"""confluent-kafka's Producer, traced: same methods, same arguments, same results."""

import weakref
from collections.abc import Mapping
from functools import partial as bind
from typing import Any, Final

from confluent_kafka import TopicPartition, cimpl

from kafkatrace.clients.arguments import conf_of, documented_by
from kafkatrace.clients.produce_batch import produce_batch
from kafkatrace.context.headers import Headers
from kafkatrace.hotpath.choose import method
from kafkatrace.operations.send import ERRORS_ONLY, DeliveryCallback, Sender
from kafkatrace.operations.transaction import Transactions
from kafkatrace.spans.client_attributes import ClusterId
from kafkatrace.tracing import Tracing, chosen

# By position and unbound: the original's arguments cost more by name, and so does super().
_produce: Final = cimpl.Producer.produce


def with_every_report(conf: Mapping[str, Any]) -> dict[str, Any]:
    """Have every delivery reported; what is no bool is the original's to refuse."""
    return {name: value for name, value in conf.items() if not (name == ERRORS_ONLY and value is True)}


@documented_by(cimpl.Producer)
class Producer(cimpl.Producer):  # confluent_kafka.Producer may be what another instrumentation put there
    """confluent_kafka.Producer whose produce() makes a send span that ends in the delivery report.

    Takes the original's configuration, a dict or keywords, and
    tracing: what kafkatrace.configure() returned; else the one that was configured last
    """

    # of the subclasses that can't hand it through their confluent-kafka base
    _tracing: Tracing | None = None

    def __init__(self, *args: Any, tracing: Tracing | None = None, **kwargs: Any) -> None:
        conf = conf_of(args, kwargs)
        tracing = chosen(self._tracing if tracing is None else tracing)
        # the send span needs them; Sender keeps the setting's promise towards the user's callback
        super().__init__(with_every_report(conf))
        self._cluster = ClusterId()
        self._sender = Sender(tracing, conf, self._cluster)
        self._sending = self._sender.sending  # for what is in C
        self._transactions = Transactions(self._sender, conf, self._cluster)
        weakref.finalize(self, self._transactions.abandon).atexit = False  # shutdown() does it then

    @method("produce", _produce)
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
        sender = self._sender
        callback = callback or on_delivery or sender.on_delivery
        started = sender.begin(topic, key, value, headers)
        if started is None:
            _produce(self, topic, value, key, partition, sender.untraced(callback), None, timestamp, headers)
            return
        send, propagated = started
        if send.traceparent is not None or send.unsampled is not None or sender.metrics_enabled:
            report: DeliveryCallback | None = bind(sender.delivered, send, callback)
        else:
            report = sender.untraced(callback)
        try:
            _produce(self, topic, value, key, partition, report, None, timestamp, propagated)
        except BaseException as error:  # BufferError: the queue is full
            sender.refused(send, error)
            raise

    def produce_batch(
        self,
        topic: str,
        messages: list[dict[str, Any]],
        partition: int = -1,
        callback: DeliveryCallback | None = None,
        on_delivery: DeliveryCallback | None = None,
    ) -> int:
        """Produce several as the original does, but one by one: librdkafka's batch call carries no headers."""
        super().produce_batch(topic, [] if isinstance(messages, list) else messages, partition)  # refuses bad arguments
        return produce_batch(bind(Producer.produce, self), topic, messages, partition, callback or on_delivery)

    def poll(self, timeout: float = -1) -> int:
        """Serve delivery reports as the original does."""
        self._cluster.learn(self)
        return super().poll(timeout)

    def flush(self, timeout: float = -1) -> int:
        """Wait for outstanding deliveries as the original does."""
        self._cluster.learn(self)
        return super().flush(timeout)

    def close(self, *args: Any, **kwargs: Any) -> Any:
        """Close as the original does; a transaction that is open ends with the outcome `unknown`."""
        try:
            return super().close(*args, **kwargs)
        finally:
            self._after_close()

    def __exit__(self, *args: Any) -> Any:
        try:
            return super().__exit__(*args)
        finally:
            self._after_close()

    def _after_close(self) -> None:
        self._transactions.abandon()
        self._sender.close()

    def begin_transaction(self) -> None:
        """Begin a transaction, and its span."""
        super().begin_transaction()
        self._transactions.begin()

    def send_offsets_to_transaction(
        self, positions: list[TopicPartition], group_metadata: Any, timeout: float = -1
    ) -> None:
        """Commit the positions and their group_metadata in the transaction; a settle span in its span."""
        with self._transactions.settling(positions):
            super().send_offsets_to_transaction(positions, group_metadata, timeout)

    def commit_transaction(self, timeout: float = -1) -> None:
        """Commit the transaction, which ends its span."""
        with self._transactions.ending("committed"):
            super().commit_transaction(timeout)

    def abort_transaction(self, timeout: float = -1) -> None:
        """Abort the transaction; its span and those of its sends then say so."""
        with self._transactions.ending("aborted"):
            super().abort_transaction(timeout)
