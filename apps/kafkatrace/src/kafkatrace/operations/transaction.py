"""The span of a transaction, from its beginning to its outcome, which its sends carry, too.

https://cwiki.apache.org/confluence/display/KAFKA/KIP-98+-+Exactly+Once+Delivery+and+Transactional+Messaging
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaException, TopicPartition
from opentelemetry.util.types import AttributeValue

from kafkatrace.operations.operation import Operations, Start, places
from kafkatrace.operations.send import Item, Sender
from kafkatrace.spans import semconv
from kafkatrace.spans.client_attributes import ClusterId


class Transactions:
    """The transactions of one producer, one at a time."""

    def __init__(self, sender: Sender, conf: Mapping[str, Any], cluster: ClusterId) -> None:
        self._sender = sender
        self._put = sender.put
        self._attributes: dict[str, AttributeValue] = {
            semconv.TRANSACTION_ID: str(conf.get("transactional.id", "")),
        }
        self._spans = Operations(sender.tracing, conf, cluster, semconv.TRANSACTION, None)
        self._settling = Operations(sender.tracing, conf, cluster, semconv.COMMIT, semconv.SETTLE)
        self._start: Start | None = None
        self._failed: KafkaException | None = None  # why it can only be aborted
        self._most = sender.tracing.pipeline.limits.queue
        self._sends: deque[Item] = deque()
        self._under_way = sender.tracing.unfinished.transactions

    def begin(self) -> None:
        """Begin a span; the sends are held back until the outcome is known."""
        self._start = self._spans.begin()
        self._sender.put = self._hold
        self._under_way.add(self)

    def abandon(self) -> None:
        """End a transaction that nobody ends, where there is one: its client or its process goes."""
        if self in self._under_way:
            self._end("unknown", self._failed)

    @contextmanager
    def settling(self, positions: Sequence[TopicPartition]) -> Iterator[None]:
        """Draw the settle span of the offsets, in the transaction's span."""
        start = self._settling.begin(beneath=self._start)
        try:
            yield
        except BaseException as error:
            self._settling.end(start, {} if isinstance(error, TypeError) else places(positions), error)
            raise
        self._settling.end(start, places(positions))

    @contextmanager
    def ending(self, outcome: str) -> Iterator[None]:
        """End the span with its outcome; an error after which the transaction is still open leaves it open."""
        try:
            yield
        except BaseException as error:
            if not self._left_open(error):
                self._end("unknown" if outcome == "committed" else outcome, error)
            raise
        self._end(outcome, self._failed)

    def _hold(self, item: Item) -> None:
        if len(self._sends) < self._most:
            self._sends.append(item)
        else:  # memory has its bound; these go without the outcome
            self._put(item)

    def _left_open(self, error: BaseException) -> bool:
        """Return whether the call is to be made again, or abort_transaction() is."""
        if not isinstance(error, KafkaException) or not error.args:
            return False
        if error.args[0].txn_requires_abort():
            self._failed = error
            return True
        return bool(error.args[0].retriable())

    def _end(self, outcome: str, error: BaseException | None) -> None:
        start, self._start, self._failed = self._start, None, None
        self._under_way.discard(self)
        self._sender.put = self._put
        while self._sends:
            sender, send, failure = self._sends.popleft()
            send.outcome = outcome
            self._put((sender, send, failure))
        self._spans.end(start, {**self._attributes, semconv.TRANSACTION_OUTCOME: outcome}, error)
