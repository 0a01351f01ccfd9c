"""The beginning of a message's queue span and process span."""

import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from time import time_ns
from typing import Any, Final, Protocol

from confluent_kafka import KafkaException, Message, TopicPartition
from opentelemetry import trace
from opentelemetry.trace import Span
from opentelemetry.util.types import AttributeValue

from kafkatrace import propagation
from kafkatrace.context import w3c
from kafkatrace.context.context_var import suppressed, variable
from kafkatrace.export.observables import watch_consumed
from kafkatrace.hotpath import choose
from kafkatrace.hotpath.choose import Polled
from kafkatrace.operations.operation import Operations
from kafkatrace.operations.poll_errors import PollErrors
from kafkatrace.operations.process import Processed
from kafkatrace.propagation import BAGGAGE, TRACEPARENT, TRACESTATE
from kafkatrace.spans import semconv
from kafkatrace.spans.client_attributes import ClusterId, KafkaClient
from kafkatrace.spans.message_span import MessageSpan
from kafkatrace.tracing import Tracing

_BESIDES: Final = frozenset((TRACESTATE, BAGGAGE))
_NOT_READ: Final = object()


class AsksItself(KafkaClient, Protocol):
    """A consumer, as far as this module uses it."""

    def assignment(self) -> list[TopicPartition]:
        """Return the partitions that it reads."""

    def get_watermark_offsets(
        self, partition: TopicPartition, timeout: float = -1, cached: bool = False
    ) -> tuple[int, int]:
        """Return the lowest offset, and the one that the next record will get."""


class Receiver:
    """Begins queue and process spans for one consumer, whatever its class.

    `linked` gives each process span a trace of its own, linked to the sender's.
    """

    def __init__(self, tracing: Tracing, conf: Mapping[str, object], *, linked: bool) -> None:
        self._tracing = tracing
        self._follow = tracing.sampling.parent_based and not linked
        self._linked = linked
        self._restraint = tracing.restraint
        self.cluster = ClusterId()
        self.processed = Processed(tracing, conf, self.cluster)
        look = weakref.WeakMethod(self._look)  # metrics keep `polled`, and are not to keep its consumer
        self.errors = PollErrors(tracing, self.processed.about)
        self.polled = Polled(lambda consumer: (alive := look()) and alive(consumer), self.errors.count)
        self._batches = Operations(tracing, conf, self.cluster, semconv.POLL, semconv.RECEIVE)
        self._started = tracing.pipeline.begin_span
        self._keeping = self.processed.keeping
        self._highs: dict[tuple[str, int], int] = {}
        self._ready = tracing.span_ids.ready
        watch_consumed(tracing.metrics, self.processed.about, self.polled, self)
        self.process: Callable[[Message], AbstractContextManager[Span]] = self.begin
        if self._follow and tracing.enabled and not tracing.restraint.topics:
            self.process = choose.process(
                otherwise=self.begin,
                span_type=MessageSpan,
                unreadable=propagation.unreadable,
                receiver=self.processed,
                account=self.processed.account,
                encoder=self.processed.encoder,
                ready=self._ready,
                take=tracing.span_ids.take,
                started=tracing.pipeline.started_spans,
                highs=self._highs,
                metrics_enabled=tracing.metrics_enabled,
                keeps=self._keeping.any,
                limit=self._keeping.limit,
            )

    def close(self) -> None:
        """Leave the metrics that tell of this consumer alone."""
        for owner in (self, self.processed, self.errors):
            self._tracing.metrics.leave(owner)

    def received(self, consumer: AsksItself, begun_at: int, messages: list[Message]) -> None:
        """Note when a batch reached the caller, and draw its receive span, linked to every sampled sender."""
        polled = self.polled.all(consumer, messages)
        records = [message for message in polled if not self._restraint.excludes(message.topic())]
        if not records:
            return
        start = self._batches.begin(begun_at)
        if start is None:
            return
        attributes: dict[str, AttributeValue] = {semconv.MESSAGING_BATCH_MESSAGE_COUNT: len(records)}
        topics = {message.topic() for message in records}
        if len(topics) == 1:
            attributes[semconv.MESSAGING_DESTINATION_NAME] = topics.pop() or ""
        self._batches.end(start, attributes, links=_senders(records) if start.sampled else ())

    def begin(self, message: Message, headers: object = _NOT_READ) -> AbstractContextManager[Span]:
        """Begin a message's process span; ValueError for an event that is no record."""
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        if topic is None or partition is None or offset is None or message.error() is not None:
            raise _no_record(message)
        if self._restraint.excludes(topic):
            self.polled.take(message)
            return nullcontext(trace.INVALID_SPAN)
        ambient = variable.get()
        if (ambient and suppressed(ambient)) or not self._tracing.enabled:
            return nullcontext(trace.INVALID_SPAN)
        span = MessageSpan()
        span.receiver = self.processed
        span.ambient = ambient
        span.topic = topic
        span.polled = self.polled.take(message)
        span.timestamp_type, span.timestamp = message.timestamp()
        if headers is _NOT_READ:
            headers = propagation.headers_of(message)
        sender = _traceparent(headers)
        if sender is None or not self._follow:
            self._begin(message, span, headers, sender, (partition, offset))
        elif sender[54] & 1:
            span.sender = sender
            span.traceparent = sender[:36] + self._span_id() + sender[52:]
            self._record(message, span, (partition, offset))
        else:
            span.traceparent = sender
        span.start = time_ns()
        if self._keeping.any and not span.recording:
            self._keeping.watch(span, message)
        return span

    def _begin(
        self, message: Message, span: MessageSpan, headers: object, sender: bytes | None, place: tuple[int, int]
    ) -> None:
        """Begin a span that does not simply follow a lone traceparent."""
        if sender is None:
            sender = self._read(headers, span)
        span.sender = sender
        if sender is None or self._linked:
            span.traceparent = self._tracing.roots.take()
            span.linked = sender is not None
            span.sender_state, span.state = span.state, ""  # it belongs to the sender's trace
        else:
            span.traceparent = self._tracing.child(sender)
        if span.traceparent[54] & 1:
            self._record(message, span, place)

    def _record(self, message: Message, span: MessageSpan, place: tuple[int, int]) -> None:
        """Note all that a recorded span says of its message."""
        span.recording = True
        span.partition, span.offset = place
        span.queue_id = self._span_id()
        span.key, span.tombstone = message.key(), message.value() is None
        high = self._highs.get((span.topic, span.partition), -1)
        span.lag = None if high < 0 else max(high - span.offset - 1, 0)
        self._started()  # the process span
        if not self._linked or span.draws_queue:
            self._started()
        if span.ambient and (around := trace.get_current_span(span.ambient).get_span_context()).is_valid:
            span.add_link(around)  # such as a batch's span, in whose place the sender is the parent

    def _span_id(self) -> bytes:
        try:
            return self._ready.pop()
        except IndexError:
            return self._tracing.span_ids.take()

    def _read(self, headers: object, span: MessageSpan) -> bytes | None:
        """Read what is more than a lone traceparent, or less."""
        propagated = propagation.extract(headers)
        span.state, span.malformed = propagated.state, propagated.malformed
        span.baggage = propagated.baggage if self._tracing.carries_baggage else None
        self._tracing.counters.malformed(len(propagated.malformed))
        return propagated.traceparent

    def _look(self, consumer: AsksItself) -> None:
        """Learn where the partitions end, for the lag, as of their last fetch, and the cluster's id: no network.

        Not in process(): a consumer lets one thread in at a time, so that would wait for another thread's poll().
        """
        self.cluster.learn(consumer)
        try:
            for partition in consumer.assignment():
                high = consumer.get_watermark_offsets(partition, cached=True)[1]
                self._highs[partition.topic, partition.partition] = high
        except (KafkaException, RuntimeError):  # RuntimeError: the consumer is closed
            return


def _traceparent(headers: Any) -> bytes | None:
    """Return a valid traceparent that has no tracestate and no baggage beside it; None for all that is less usual."""
    found: Any = None
    try:
        for name, value in headers:
            if name == TRACEPARENT:
                found = value
            elif name in _BESIDES:
                return None
        return w3c.canonical_traceparent(found)
    except Exception:  # none, headers of another shape, text: extract() looks closer
        return None


def _senders(records: Sequence[Message]) -> list[bytes]:
    """Return the traceparents of all sampled senders."""
    found = (_sender(propagation.headers_of(message)) for message in records)
    return [traceparent for traceparent in found if traceparent is not None and traceparent[54] & 1]


def _sender(headers: object) -> bytes | None:
    return _traceparent(headers) or propagation.extract(headers).traceparent


def _no_record(message: Message) -> ValueError:
    what = message.error() or "a Message without topic, partition and offset"
    return ValueError(f"process() got no record but {what}: look at message.error() before processing")
