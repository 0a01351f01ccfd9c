"""The send span: from produce() to the delivery report."""

from collections.abc import Callable, Mapping
from time import time_ns
from typing import Any, Final, NamedTuple, TypeAlias

from confluent_kafka import KafkaError, Message
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind

from kafkatrace import propagation
from kafkatrace.context import w3c
from kafkatrace.context.context_var import suppressed
from kafkatrace.context.headers import Headers
from kafkatrace.export.batch import ENCODED, Batch
from kafkatrace.export.observables import watch_clocks
from kafkatrace.hotpath import choose
from kafkatrace.metrics import clock_offset, metric_definitions
from kafkatrace.metrics.instruments import Series
from kafkatrace.spans import otlp, protobuf, semconv
from kafkatrace.spans.client_attributes import ClusterId, client_attributes, key_text, operation
from kafkatrace.spans.errors import failure, name_of
from kafkatrace.tracing import Tracing

DeliveryCallback: TypeAlias = Callable[[KafkaError | None, Message], None]
ERRORS_ONLY: Final = "delivery.report.only.error"
_NS_PER_MS: Final = 1_000_000
_CLOCK_NS: Final = 100_000_000  # between two looks at the broker's clock
_OFFSET: Final = protobuf.Int(otlp.ATTRIBUTE, semconv.MESSAGING_KAFKA_OFFSET)
_KEY: Final = protobuf.Text(otlp.ATTRIBUTE, semconv.MESSAGING_KAFKA_MESSAGE_KEY)
_TOMBSTONE: Final = protobuf.attributes(otlp.ATTRIBUTE, {semconv.MESSAGING_KAFKA_MESSAGE_TOMBSTONE: True})
_NAMES: Final = (semconv.MESSAGING_KAFKA_OFFSET.encode(), semconv.MESSAGING_KAFKA_MESSAGE_KEY.encode())
_CLOCK_OFFSET: Final = protobuf.Double(otlp.ATTRIBUTE, semconv.CLOCK_OFFSET)
_CLOCK_UNCERTAINTY: Final = protobuf.Double(otlp.ATTRIBUTE, semconv.CLOCK_UNCERTAINTY)


class Origin(NamedTuple):
    """Where a send span comes from: its own traceparent, its parent's id (empty: none), what the record carries."""

    traceparent: bytes
    parent: bytes
    remote: bool
    state: str
    headers: Headers


# What is kept of a send between produce() and its delivery report. Plain tuples: there are many.
Unsampled: TypeAlias = tuple[int, str]  # start, topic
Sampled: TypeAlias = tuple[int, str, bytes, bytes, bool, str, object, bool]  # and Origin, key, tombstone
Sent: TypeAlias = Unsampled | Sampled


class Sender:
    """Send spans for one producer, whatever its class."""

    def __init__(self, tracing: Tracing, conf: Mapping[str, Any], cluster: ClusterId) -> None:
        self.tracing = tracing
        self.roots = tracing.roots
        self.ready = tracing.roots.ready
        self.enabled = tracing.enabled
        self.metrics_enabled = tracing.metrics_enabled
        self.on_delivery: DeliveryCallback | None = conf.get("on_delivery")
        self.started = tracing.pipeline.begin_span
        self._errors_only = str(conf.get(ERRORS_ONLY, False)).lower() in ("true", "t", "1")
        self._cluster = cluster
        self._about = {**client_attributes(conf), **operation(semconv.SEND, semconv.SEND)}
        self._prefixes: dict[tuple[object, ...], bytes] = {}
        self._clocks = clock_offset.Clocks()
        self._clock_due = 0
        self.clock_attributes = b""
        self._series = Series(tracing.metrics, self._about, metric_definitions.SENT_MESSAGES)
        self.put: Callable[[tuple[Any, ...]], None] = tracing.pipeline.put
        self.encoder = choose.encoder(ENCODED, self, self._prefixes, _NAMES, _TOMBSTONE, ())
        self.sending: object = None
        if self.enabled and not self._errors_only:
            self.sending = choose.sending(
                self,
                self.on_delivery,
                self.put,
                self.ready,
                self.roots.take,
                tracing.pipeline.started_spans,
                self._series.of,
                self.encoder,
                self.metrics_enabled,
            )
        watch_clocks(tracing.metrics, self._about, self._clocks)

    def origin(self, context: Context, headers: Headers | None) -> Origin | None:
        """Work out whose child the send is; None when it is not to be traced."""
        if not self.enabled or suppressed(context):
            return None
        propagated = propagation.ambient(context)
        if not self.tracing.carries_baggage:
            propagated = propagation.Propagated(propagated.traceparent, propagated.state)
        remote = False
        if propagated.traceparent is None and headers:
            forwarded = propagation.extract(headers)
            propagated = propagation.Propagated(forwarded.traceparent, forwarded.state, propagated.baggage)
            remote = True
        if propagated.traceparent is None:
            traceparent, parent = self.roots.take(), b""
        else:
            traceparent = self.tracing.child(propagated.traceparent)
            parent = propagated.traceparent[36:52]
        made = propagation.inject(headers, propagated, traceparent)
        return Origin(traceparent, parent, remote, propagated.state, made)

    def begin(self, topic: str, key: object, value: object, origin: Origin) -> Sent:
        """Note the beginning of a send."""
        traceparent, parent, remote, state, _ = origin
        if not traceparent[54] & 1:
            return time_ns(), topic
        self.started()
        return time_ns(), topic, traceparent, parent, remote, state, key, value is None

    def delivered(
        self, sent: Sent, callback: DeliveryCallback | None, error: KafkaError | None, message: Message
    ) -> None:
        """Take the delivery report, and pass it on."""
        now = time_ns()
        if len(sent) == 2:
            self.put((self, sent, now, error))
        elif now < self._clock_due:
            self.put((self, sent, now, error, message.partition(), message.offset(), (0, 0)))
        else:
            self._clock_due = now + _CLOCK_NS
            self.put((self, sent, now, error, message.partition(), message.offset(), message.timestamp()))
        if callback is not None and (error is not None or not self._errors_only):
            callback(error, message)

    def refused(self, sent: Sent, error: BaseException | KafkaError) -> None:
        """Take what kept the record out of the producer's queue; nothing else will ever be reported of it."""
        start, topic, *more = sent
        sent = (start, str(topic), *more)  # type: ignore[assignment] # the same with a name even of a topic that is none
        self.put((self, sent, time_ns(), error, None, None, (0, 0)))

    def untraced(self, callback: DeliveryCallback | None) -> DeliveryCallback | None:
        """Return the callback for a record that is not traced."""
        if callback is None or not self._errors_only:
            return callback
        return lambda error, message: callback(error, message) if error is not None else None

    # ---- in the background

    def account(self, item: tuple[Any, ...]) -> int:
        """Count a send."""
        sent, ended, error = item[1:4]
        self._series.of(sent[1], None if error is None else name_of(error)).add(ended - sent[0])
        if len(sent) == 2:
            return 0
        kind, milliseconds = item[6]
        if kind == clock_offset.LOG_APPEND_TIME:
            self._clocks.appended(milliseconds, sent[0], ended)
            self.clock_attributes = _clock_attributes(self._clocks.offset)
        return 1

    def encode(self, item: tuple[Any, ...], batch: Batch) -> None:
        """Encode a send span."""
        _, sent, ended, error, partition, offset, _ = item[:7]
        outcome = item[7] if len(item) > 7 else None
        start, topic, traceparent, parent, remote, state, key, tombstone = sent
        rest = [self._prefix(topic, partition, outcome)]
        if offset is not None and offset >= 0:
            rest.append(_OFFSET(offset))
        if (text := key_text(key)) is not None:
            rest.append(_KEY(text))
        if tombstone:
            rest.append(_TOMBSTONE)
        if self.clock_attributes:
            rest.append(self.clock_attributes)
        if error is not None:
            rest.append(failure(error, ended))
        flags = traceparent[54] & w3c.KNOWN_FLAGS | (otlp.REMOTE if remote else 0)
        ids = traceparent[3:35] + traceparent[36:52] + parent
        batch.service.append(otlp.span(ids, start, ended, rest, flags=flags, state=state.encode() if state else b""))

    def _prefix(self, topic: str, partition: int | None, outcome: str | None) -> bytes:
        key = (topic, partition) if outcome is None else (topic, partition, outcome)
        if (known := self._prefixes.get(key)) is not None:
            return known
        attributes = {**self._about, semconv.MESSAGING_DESTINATION_NAME: topic, **self._cluster.attributes()}
        if partition is not None and partition >= 0:
            attributes[semconv.MESSAGING_DESTINATION_PARTITION_ID] = str(partition)
        if outcome is not None:
            attributes[semconv.TRANSACTION_OUTCOME] = outcome
        made = otlp.span_prefix(f"{semconv.SEND} {topic}", SpanKind.PRODUCER, attributes)
        if self._cluster.value is not None:
            self._prefixes[key] = made
        return made


def _clock_attributes(offset: clock_offset.Offset | None) -> bytes:
    if offset is None or not offset.is_difference:
        return b""
    return _CLOCK_OFFSET(offset.middle / _NS_PER_MS) + _CLOCK_UNCERTAINTY(offset.uncertainty / _NS_PER_MS)
