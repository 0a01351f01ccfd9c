"""What becomes of a message's spans when they have ended: metrics, and two encoded spans."""

from collections.abc import Callable, Mapping
from operator import index
from struct import Struct
from typing import Any, Final

from opentelemetry.trace import SpanKind

from kafkatrace.context import w3c
from kafkatrace.export.batch import ENCODED, Batch
from kafkatrace.export.observables import watch_clocks
from kafkatrace.hotpath import choose
from kafkatrace.metrics import clock_offset, metric_definitions
from kafkatrace.metrics.duration import Duration
from kafkatrace.metrics.instruments import Series
from kafkatrace.operations.keeping import Keeping
from kafkatrace.spans import kept, otlp, protobuf, queue_time, semconv
from kafkatrace.spans.client_attributes import ClusterId, client_attributes, key_text, operation
from kafkatrace.spans.message_span import MessageSpan
from kafkatrace.spans.queue_time import NS_PER_MS
from kafkatrace.tracing import Tracing

_OFFSET: Final = protobuf.Int(otlp.ATTRIBUTE, semconv.MESSAGING_KAFKA_OFFSET)
_LAG: Final = protobuf.Int(otlp.ATTRIBUTE, semconv.LAG)
_KEY: Final = protobuf.Text(otlp.ATTRIBUTE, semconv.MESSAGING_KAFKA_MESSAGE_KEY)
_TOMBSTONE: Final = protobuf.attributes(otlp.ATTRIBUTE, {semconv.MESSAGING_KAFKA_MESSAGE_TOMBSTONE: True})
_REVOKED: Final = protobuf.attributes(otlp.ATTRIBUTE, {semconv.PARTITIONS_REVOKED: True})
_QUEUE_MS: Final = protobuf.Double(otlp.ATTRIBUTE, semconv.QUEUE_MILLISECONDS)
_SINCE_TIMESTAMP_MS: Final = protobuf.Double(otlp.ATTRIBUTE, semconv.SINCE_TIMESTAMP_MILLISECONDS)
_NAMES: Final = tuple(
    name.encode()
    for name in (
        semconv.MESSAGING_KAFKA_OFFSET,
        semconv.MESSAGING_KAFKA_MESSAGE_KEY,
        semconv.QUEUE_MILLISECONDS,
        semconv.SINCE_TIMESTAMP_MILLISECONDS,
        semconv.LAG,
    )
)
# A handler may set each field to anything: what is no integer of that many bits raises, before anything is counted.
_TIMES: Final = Struct("<i4q").pack
_PLACE: Final = Struct("<iq").pack
_TRACEPARENT: Final = 55
_SPAN_ID: Final = 16
_OFFSET_MINIMUM: Final = protobuf.Double(otlp.ATTRIBUTE, semconv.CLOCK_OFFSET_MINIMUM)


class Processed:
    """Ended process spans of one consumer."""

    def __init__(self, tracing: Tracing, conf: Mapping[str, object], cluster: ClusterId) -> None:
        self.limits = tracing.limits
        self.open: dict[int, MessageSpan] = {}
        self.metrics_enabled = tracing.metrics_enabled
        self.keeping = Keeping(tracing.late_keep, tracing.span_ids.take)
        self.keeps, self.keeps_errors = self.keeping.any, self.keeping.errors
        self._started = tracing.pipeline.begin_span
        self._counters = tracing.counters
        self._keys = tracing.restraint.keys
        tracing.unfinished.open_spans.add(self)
        self.put: Callable[[MessageSpan], None] = tracing.pipeline.put
        self._cluster = cluster
        self.about = {**client_attributes(conf), **operation(semconv.PROCESS, semconv.PROCESS)}
        self._clocks = clock_offset.Clocks()
        self.clock_attributes = b""
        metrics = tracing.metrics
        self._durations = Series(metrics, self.about, duration=metric_definitions.PROCESS_DURATION)
        self._queues = Series(metrics, self.about, duration=metric_definitions.QUEUE_DURATION)
        self._since_timestamp = Series(metrics, self.about, duration=metric_definitions.SINCE_TIMESTAMP_DURATION)
        watch_clocks(tracing.metrics, self.about, self._clocks, self)
        self._prefixes: dict[tuple[str, int], tuple[bytes, bytes]] = {}
        self.account: Callable[[MessageSpan], int] = choose.account(
            otherwise=self._account, histograms=self._histograms, received=self._received
        )
        self.encoder = choose.encoder(
            finisher=ENCODED,
            owner=self,
            prefixes=self._prefixes if self._keys else {},  # without keys, encode() does all
            names=_NAMES,
            tombstone=_TOMBSTONE,
            kinds=queue_time.USUAL_KINDS,
        )

    def _histograms(self, topic: str) -> tuple[Duration, Duration, Duration]:
        return self._durations.of(topic), self._queues.of(topic), self._since_timestamp.of(topic)

    def _received(self, milliseconds: int, polled: int) -> None:
        self._clocks.received(milliseconds, polled)
        minimum = self._clocks.minimum
        self.clock_attributes = b""
        if minimum is not None and clock_offset.is_plausible(minimum):
            self.clock_attributes = _OFFSET_MINIMUM(minimum / NS_PER_MS)

    def keep(self, span: MessageSpan) -> None:
        """Put a span that is not sampled, with its queue span where it was slow or failed."""
        if (reason := self.keeping.reason(span)) is not None:
            self.keeping.complete(span, reason)
            self._started()  # the process span, and its queue span
            self._started()
        span.message = None
        if span.recording or self.metrics_enabled:
            self.put(span)

    # ---- in the background

    def _account(self, span: MessageSpan) -> int:
        """Count a message; how many spans it gives."""
        _TIMES(span.timestamp_type, span.timestamp, span.polled, span.start, span.ended_at)
        topic, failure = span.topic, span.failure
        self._durations.of(topic, failure).add(span.ended_at - span.start)
        appended = queue_time.appended_ns(span.timestamp_type, span.timestamp)
        if appended is not None:
            polled = span.polled or span.start
            self._queues.of(topic).add(polled - appended)
            self._since_timestamp.of(topic).add(span.ended_at - appended)
            if polled < appended:
                self._counters.negative()
            if span.timestamp_type == clock_offset.LOG_APPEND_TIME:
                self._received(span.timestamp, polled)
        if not span.recording:
            return 0
        return 2 if span.draws_queue else 1

    def encode(self, span: MessageSpan, batch: Batch) -> None:
        """Encode a message's process span, and its queue span before it."""
        _check(span)
        queue = queue_time.queue_time((span.timestamp_type, span.timestamp), span.polled or None, span.start)
        queued, processed = self._prefix(span.topic, index(span.partition))
        record = self._record(span, queue)
        state = (span.sender_state if span.linked else span.state).encode()
        own = _own(span)
        ids = own[3:35] + own[36:52] + (b"" if span.linked else span.queue_id)
        rest = (self._name(span, processed), *record, *self._more(span, queue))
        flags = own[54] & w3c.KNOWN_FLAGS
        service = otlp.span(ids, span.start, span.ended_at, rest, flags=flags, state=b"" if span.linked else state)
        if span.draws_queue:  # both or none
            batch.cluster.append(self._queue_span(span, queue, (queued, *record), state))
        batch.service.append(service)

    def _queue_span(
        self, span: MessageSpan, queue: queue_time.QueueTime, rest: tuple[bytes, ...], state: bytes
    ) -> bytes:
        sender, own = span.sender, _own(span)
        trace = (sender or own)[3:35]
        if sender is not None and span.kept is not None and not sender[54] & 1:
            rest, sender = (*rest, kept.unsampled_parent(sender)), None  # a root: no back end has that parent
        flags = own[54] & w3c.KNOWN_FLAGS | (otlp.REMOTE if sender else 0)
        ids = trace + span.queue_id + (sender[36:52] if sender else b"")
        return otlp.span(ids, *queue.span_times, rest, flags=flags, state=state)

    def _record(self, span: MessageSpan, queue: queue_time.QueueTime) -> list[bytes]:
        """Encode what both spans say."""
        record = [_OFFSET(span.offset), queue.kind_attributes()]
        if self._keys and (text := key_text(span.key)) is not None:
            record.append(_KEY(text))
        if span.tombstone:
            record.append(_TOMBSTONE)
        if span.kept is not None:
            record.append(kept.attributes(span.kept.reason))
        if (waited := queue.milliseconds_until(queue.polled_ns)) is not None:
            record.append(_QUEUE_MS(waited))
        return record

    def _more(self, span: MessageSpan, queue: queue_time.QueueTime) -> list[bytes]:
        """Encode what only the process span says."""
        more = [] if span.lag is None else [_LAG(span.lag)]
        if (whole := queue.milliseconds_until(span.ended_at)) is not None:
            more.append(_SINCE_TIMESTAMP_MS(whole))
        if self.clock_attributes:
            more.append(self.clock_attributes)
        if span.revoked:
            more.append(_REVOKED)
        if span.malformed:
            more.append(protobuf.attributes(otlp.ATTRIBUTE, {semconv.MALFORMED_HEADERS: span.malformed}))
        if span.linked and span.sender is not None:
            sender = span.sender
            flags = sender[54] & w3c.KNOWN_FLAGS | otlp.REMOTE
            more.append(otlp.link(sender[3:35] + sender[36:52], flags, state=span.sender_state.encode()))
        if span.details is not None:
            more.append(span.details.encode())
        return more

    def _name(self, span: MessageSpan, processed: bytes) -> bytes:
        if span.details is None or span.details.name is None:
            return processed
        return otlp.span_prefix(span.details.name, SpanKind.CONSUMER, self._attributes(span.topic, span.partition))

    def _prefix(self, topic: str, partition: int) -> tuple[bytes, bytes]:
        key = (topic, partition)
        if (known := self._prefixes.get(key)) is not None:
            return known
        attributes = self._attributes(topic, partition)
        # INTERNAL: the broker records nothing itself; PRODUCER or CONSUMER would have backends count one more request
        of_queue = {name: value for name, value in attributes.items() if name in _OF_QUEUE}
        made = (
            otlp.span_prefix(f"{semconv.QUEUE} {topic}", SpanKind.INTERNAL, of_queue),
            otlp.span_prefix(f"{semconv.PROCESS} {topic}", SpanKind.CONSUMER, attributes),
        )
        if self._cluster.value is not None:
            self._prefixes[key] = made
        return made

    def _attributes(self, topic: str, partition: int) -> dict[str, Any]:
        return {
            **self.about,
            semconv.MESSAGING_DESTINATION_NAME: topic,
            semconv.MESSAGING_DESTINATION_PARTITION_ID: str(partition),
            **self._cluster.attributes(),
        }


def _own(span: MessageSpan) -> bytes:
    return span.traceparent if span.kept is None else span.kept.traceparent


def _check(span: MessageSpan) -> None:
    """Refuse ids and a place that a handler set to what can't be encoded: the span is lost, and no other with it."""
    _PLACE(span.partition, span.offset)
    sender = span.sender
    lengths = len(span.traceparent), len(span.queue_id), _TRACEPARENT if sender is None else len(sender)
    if lengths != (_TRACEPARENT, _SPAN_ID, _TRACEPARENT):
        raise ValueError("a span's sender, traceparent and queue_id must stay as they were made")


_OF_QUEUE: Final = frozenset(
    (
        semconv.MESSAGING_SYSTEM,
        semconv.MESSAGING_DESTINATION_NAME,
        semconv.MESSAGING_DESTINATION_PARTITION_ID,
        semconv.MESSAGING_KAFKA_CLUSTER_ID,
    )
)
