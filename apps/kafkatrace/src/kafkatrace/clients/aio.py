"""confluent-kafka's asyncio clients, traced."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial as bind
from typing import Any, Final

from confluent_kafka import KafkaError, Message, TopicPartition, aio, cimpl
from opentelemetry.context import Context
from opentelemetry.trace import Span

from kafkatrace.clients.arguments import documented_by
from kafkatrace.clients.inner import plain_clients
from kafkatrace.clients.iteration import SpanOfBody, each_in_its_span, is_record
from kafkatrace.clients.produce_batch import are_headers, produce_batch
from kafkatrace.clients.producer import with_every_report
from kafkatrace.clients.rebalance import NAMES, watched
from kafkatrace.context.context_var import variable
from kafkatrace.hotpath.choose import Send
from kafkatrace.operations.commit import ON_COMMIT, Settling
from kafkatrace.operations.receive import Receiver
from kafkatrace.operations.send import Sender
from kafkatrace.operations.transaction import Transactions
from kafkatrace.spans.client_attributes import ClusterId
from kafkatrace.tracing import Tracing, chosen

# Not by the client's own name: another instrumentation may have put its own class there.
_produce: Final = cimpl.Producer.produce
_poll: Final = cimpl.Consumer.poll
_consume: Final = cimpl.Consumer.consume
_SECONDS: Final = 1.0
_SEND: Final = "kafkatrace.send"  # beside the message, in the original's buffer


@documented_by(aio.AIOConsumer, cimpl.Consumer)
class AIOConsumer(aio.AIOConsumer):
    """confluent_kafka.aio.AIOConsumer with process(), the span around a message's handler.

    `async for message in consumer` gives each message with its process span as the current one.

    consumer_conf: the original's configuration, and its other arguments
    tracing: what kafkatrace.configure() returned; else the one that was configured last
    link: True gives each process span a trace of its own, linked to the sender's
    """

    def __init__(
        self,
        consumer_conf: dict[str, Any],
        *args: Any,
        tracing: Tracing | None = None,
        link: bool = False,
        **kwargs: Any,
    ) -> None:
        tracing = chosen(tracing)
        self._receiver = Receiver(tracing, consumer_conf, linked=link)
        self._settling = Settling(tracing, {**consumer_conf, ON_COMMIT: None}, self._receiver.cluster)
        with plain_clients():
            super().__init__(consumer_conf, *args, **kwargs)

    async def poll(self, *args: Any, **kwargs: Any) -> Message | None:
        """Poll as the original does."""
        message: Message | None = await self._call(self._poll, *args, **kwargs)
        return message

    async def consume(self, *args: Any, **kwargs: Any) -> list[Message]:
        """Consume a batch as the original does; a receive span tells of it, unless it is empty."""
        messages: list[Message] = await self._call(self._consume, variable.get(), *args, **kwargs)
        return messages

    def _poll(self, *args: Any, **kwargs: Any) -> Message | None:
        message = _poll(self._consumer, *args, **kwargs)
        if message is not None:
            self._receiver.polled.one(self._consumer, message)
        return message

    def _consume(self, context: Context, *args: Any, **kwargs: Any) -> list[Message]:
        start = time.time_ns()
        messages = _consume(self._consumer, *args, **kwargs)
        token = variable.set(context)  # the task's: this is the executor's thread
        try:
            self._receiver.received(self._consumer, start, messages)
        finally:
            variable.reset(token)
        return messages

    def process(self, message: Message) -> AbstractContextManager[Span]:
        """Handle a message inside `with consumer.process(message) as span:`, as kafkatrace.Consumer does.

        message: what poll() or consume() returned
        """
        return self._receiver.process(message)

    def process_all(self, messages: Iterable[Message]) -> Iterator[Message]:
        """Iterate over a batch: each message's process span lasts while the loop's body handles it.

        messages: what consume() returned
        """
        return each_in_its_span(self.process, messages)

    def __aiter__(self) -> AsyncIterator[Message]:
        return _Messages(self)

    async def subscribe(self, topics: list[str], *args: Any, **kwargs: Any) -> Any:
        """Subscribe as the original does; process spans of partitions that go are then ended and say so."""
        loop = asyncio.get_running_loop()
        named = {
            name: self._wrap_callback(loop, given, self._edit_rebalance_callbacks_args) if name in NAMES else given
            for name, given in kwargs.items()
        }
        args, kwargs = watched(self._receiver.processed.open, args, named)
        return await self._call(self._consumer.subscribe, topics, *args, **kwargs)

    async def close(self, *args: Any, **kwargs: Any) -> Any:
        """Close as the original does; the metrics of this consumer alone are then exported once more."""
        try:
            return await super().close(*args, **kwargs)
        finally:
            self._receiver.close()

    async def commit(self, *args: Any, **kwargs: Any) -> Any:
        """Commit as the original does; a settle span tells of the call."""
        with self._settling.call() as settle:
            settle.partitions = await super().commit(*args, **kwargs)
        return settle.partitions


class _Messages(AsyncIterator[Message]):
    def __init__(self, consumer: AIOConsumer) -> None:
        self._consumer = consumer
        self._span = SpanOfBody(consumer.process)

    async def __anext__(self) -> Message:
        self._span.turn(None)
        while True:
            message = await self._consumer.poll(_SECONDS)
            if message is not None and is_record(message):
                self._span.turn(message)
                return message


class _Individually:
    """A producer whose produce_batch() sends one by one: librdkafka's batch call carries no headers."""

    def __init__(self, producer: cimpl.Producer, sender: Sender) -> None:
        self._producer = producer
        self._sender = sender

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def produce_batch(self, topic: str, messages: list[dict[str, Any]], partition: int = -1) -> int:
        """Produce each message with its headers; its send span ends in its delivery report."""
        waiting = deque(message.pop(_SEND, None) for message in messages)
        try:
            return produce_batch(bind(self._produce, waiting), topic, messages, partition, None)
        except BaseException as error:
            refused(self._sender, waiting, error)
            raise

    def _produce(self, waiting: "deque[Send | None]", *args: Any, **kwargs: Any) -> None:
        send = waiting.popleft()
        given: Any = args
        if send is not None:
            *given, callback = args
            given.append(bind(self._sender.delivered, send, callback))
        try:
            _produce(self._producer, *given, **kwargs)
        except BaseException as error:
            refused(self._sender, [send], error)
            raise


def refused(sender: Sender, sends: Iterable[Send | None], error: BaseException | KafkaError) -> None:
    """End the spans of messages that were never handed to librdkafka."""
    for send in sends:
        if send is not None:
            sender.refused(send, error)


@documented_by(aio.AIOProducer, cimpl.Producer)
class AIOProducer(aio.AIOProducer):
    """confluent_kafka.aio.AIOProducer whose produce() makes a send span that ends in the delivery report.

    Unlike the original it takes `headers`, since each record goes out by itself.

    producer_conf: the original's configuration, and its other arguments
    tracing: what kafkatrace.configure() returned; else the one that was configured last
    """

    def __init__(
        self, producer_conf: dict[str, Any], *args: Any, tracing: Tracing | None = None, **kwargs: Any
    ) -> None:
        tracing = chosen(tracing)
        conf = with_every_report(producer_conf)
        with plain_clients():
            super().__init__(dict(conf), *args, **kwargs)
        self._cluster = ClusterId()
        self._sender = Sender(tracing, conf, self._cluster)
        self._transactions = Transactions(self._sender, conf, self._cluster)
        self._kafka_executor._producer = _Individually(self._producer, self._sender)  # type: ignore[assignment] # as far as it looks

    async def produce(
        self, topic: str, value: Any = None, key: Any = None, *args: Any, **kwargs: Any
    ) -> "asyncio.Future[Any]":
        """Produce as the original does; the record's headers then carry the send span's context."""
        headers = kwargs.pop("headers", None)
        if not are_headers(headers):  # found out later, it would cost all messages of the batch
            raise TypeError(f"expected headers to be dict or list of (key, value) tuples, not {headers!r}")
        send, propagated = self._sender.begin(topic, key, value, headers) or (None, headers)
        known: dict[str, Any] = {name: kwargs[name] for name in ("partition", "timestamp") if name in kwargs}
        result = asyncio.get_running_loop().create_future()
        if self._cluster.value is None:
            result.add_done_callback(lambda _: self._cluster.learn(self._producer))
        message = {"topic": topic, "value": value, "key": key, "headers": propagated, _SEND: send, **known}
        self._batch_processor.add_message(message, result)
        self._buffer_timeout_manager.mark_activity()
        if self._batch_processor.get_buffer_size() >= self._batch_size:
            await self._flush_buffer()
        return result

    async def purge(self, *args: Any, **kwargs: Any) -> Any:
        """Purge messages as the original does; the spans of those that were not sent yet end here."""
        buffered = [message.get(_SEND) for message in self._batch_processor._message_buffer]
        refused(self._sender, buffered, KafkaError(KafkaError._PURGE_QUEUE))
        return await super().purge(*args, **kwargs)

    async def close(self, *args: Any, **kwargs: Any) -> Any:
        """Close as the original does; a transaction that is open ends with the outcome `unknown`."""
        try:
            return await super().close(*args, **kwargs)
        finally:
            self._transactions.abandon()
            self._sender.close()

    async def begin_transaction(self, *args: Any, **kwargs: Any) -> Any:
        """Begin a transaction, and its span."""
        await super().begin_transaction(*args, **kwargs)
        self._transactions.begin()

    async def send_offsets_to_transaction(self, positions: list[TopicPartition], *args: Any, **kwargs: Any) -> Any:
        """Commit the positions in the transaction; a settle span in its span."""
        with self._transactions.settling(positions):
            return await super().send_offsets_to_transaction(positions, *args, **kwargs)

    async def commit_transaction(self, *args: Any, **kwargs: Any) -> Any:
        """Commit the transaction, which ends its span."""
        with self._transactions.ending("committed"):
            return await super().commit_transaction(*args, **kwargs)

    async def abort_transaction(self, *args: Any, **kwargs: Any) -> Any:
        """Abort the transaction; its span and those of its sends then say so."""
        with self._transactions.ending("aborted"):
            return await super().abort_transaction(*args, **kwargs)
