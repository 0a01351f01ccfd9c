"""The queue span and the process span of a received message."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Protocol

from confluent_kafka import KafkaException, Message, TopicPartition
from opentelemetry import trace
from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.trace import Span, SpanKind
from opentelemetry.util.types import AttributeValue

from kafkatrace import propagation, semconv
from kafkatrace.client import ClusterId, KafkaClient, client_attributes, fail, record_attributes
from kafkatrace.polltimes import PollTimes
from kafkatrace.propagation import Incoming
from kafkatrace.queueing import QueueTime, queue_time
from kafkatrace.tracing import Tracing

_OPERATION: Final = {
    semconv.MESSAGING_OPERATION_NAME: semconv.PROCESS,
    semconv.MESSAGING_OPERATION_TYPE: semconv.PROCESS,
}


class HasWatermarks(Protocol):
    """A consumer, as far as lag needs it."""

    def get_watermark_offsets(
        self, partition: TopicPartition, timeout: float = -1, cached: bool = False
    ) -> tuple[int, int]:
        """Tell the lowest offset, and the one that the next record will get."""


class Receiver:
    """Queue and process spans for one consumer, whatever its class."""

    def __init__(self, tracing: Tracing, conf: Mapping[str, object]) -> None:
        self._tracing = tracing
        self._cluster = ClusterId()
        self._attributes = {**client_attributes(conf), **_OPERATION}
        self._poll_times = PollTimes()

    def polled(self, consumer: KafkaClient, messages: Iterable[Message]) -> None:
        """Note when these messages reached the caller; errors and partition ends are no messages."""
        places = [_place(message) for message in messages if message.error() is None]
        if places:
            self._poll_times.record(places, time.time_ns())
            self._cluster.learn(consumer)

    @contextmanager
    def process(self, consumer: HasWatermarks, message: Message) -> Iterator[Span]:
        """Open the message's process span, with its queue span before it and its baggage in the context."""
        if propagation.suppressed():
            yield trace.INVALID_SPAN
            return
        place = _place(message)
        incoming = propagation.read(message)
        queue = queue_time(message.timestamp(), self._poll_times.of(*place), time.time_ns())
        self._tracing.counters.count(malformed_headers=len(incoming.malformed), negative_queue_time=queue.skewed)
        about = {**_about(message), **self._cluster.attributes()}
        context = self._queue_span(place[0], incoming, queue, about)
        span = self._tracing.tracer.start_span(
            f"{semconv.PROCESS} {place[0]}",
            context=context,
            kind=SpanKind.CONSUMER,
            attributes={
                **self._attributes,
                **about,
                **queue.attributes(),
                **_lag(consumer, *place),
                **_odd(incoming),
            },
        )
        with _running(span, context, queue):
            yield span

    def _queue_span(
        self, topic: str, incoming: Incoming, queue: QueueTime, about: Mapping[str, AttributeValue]
    ) -> Context:
        """Draw the queue span, and give the context in which the process span is its child.

        Kind INTERNAL: the broker records nothing itself, and PRODUCER or CONSUMER would have backends count
        one more request. Dependency graphs show producer → cluster → consumer by the three services' names.
        """
        context = incoming.context(get_current())
        start, end = queue.span_times
        span = self._tracing.queue_tracer.start_span(
            f"{semconv.QUEUE} {topic}",
            context=context,
            kind=SpanKind.INTERNAL,
            attributes={semconv.MESSAGING_SYSTEM: semconv.KAFKA, **about, **queue.attributes()},
            start_time=start,
        )
        span.end(end)
        return trace.set_span_in_context(span, context)


@contextmanager
def _running(span: Span, context: Context, queue: QueueTime) -> Iterator[None]:
    token = attach(trace.set_span_in_context(span, context))
    try:
        yield
    except BaseException as error:
        fail(span, error)
        raise
    finally:
        detach(token)
        ended = time.time_ns()
        if (whole := queue.milliseconds_until(ended)) is not None:
            span.set_attribute(semconv.END_TO_END_MILLISECONDS, whole)
        span.end(ended)


def _place(message: Message) -> tuple[str, int, int]:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    if message.error() is not None or topic is None or partition is None or offset is None:
        what = message.error() or "a Message without topic, partition and offset"
        raise ValueError(f"process() got no record but {what}: look at message.error() before processing")
    return topic, partition, offset


def _about(message: Message) -> dict[str, AttributeValue]:
    topic, partition, offset = _place(message)
    return {
        **record_attributes(topic, message.key(), message.value()),
        semconv.MESSAGING_DESTINATION_PARTITION_ID: str(partition),
        semconv.MESSAGING_KAFKA_OFFSET: offset,
    }


def _lag(consumer: HasWatermarks, topic: str, partition: int, offset: int) -> dict[str, AttributeValue]:
    """Count the records behind this one, as of the last fetch: no network."""
    try:
        high = consumer.get_watermark_offsets(TopicPartition(topic, partition), cached=True)[1]
    except (KafkaException, RuntimeError):  # RuntimeError: the consumer is closed
        return {}
    return {semconv.LAG: max(high - offset - 1, 0)} if high >= 0 else {}


def _odd(incoming: Incoming) -> dict[str, AttributeValue]:
    return {semconv.MALFORMED_HEADERS: incoming.malformed} if incoming.malformed else {}
