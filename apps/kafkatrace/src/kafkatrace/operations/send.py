"""The send span: from produce() to the delivery report."""

from collections.abc import Callable, Mapping
from time import time_ns
from typing import Any, Final, NamedTuple, TypeAlias

from confluent_kafka import KafkaError, Message
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind

from kafkatrace import propagation
from kafkatrace.context import w3c
from kafkatrace.context.context_var import suppressed, variable
from kafkatrace.context.headers import Headers
from kafkatrace.export.batch import ENCODED, Batch
from kafkatrace.export.observables import watch_clocks
from kafkatrace.hotpath import choose
from kafkatrace.hotpath.choose import Send
from kafkatrace.metrics import clock_offset, metric_definitions
from kafkatrace.metrics.instruments import Series
from kafkatrace.spans import kept, otlp, protobuf, semconv
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
_KEPT: Final = (kept.attributes(kept.ERROR),)
_CLOCK_UNCERTAINTY: Final = protobuf.Double(otlp.ATTRIBUTE, semconv.CLOCK_UNCERTAINTY)


class Origin(NamedTuple):
    """Where a send span comes from: its own traceparent, its parent's id (empty: none), what the record carries."""

    traceparent: bytes
    parent: bytes
    remote: bool
    state: str
    headers: Headers


# What waits for the export: the sender, what it sent, and what that failed with. A send does not keep the error itself,
# for that refers by its traceback to produce(), and so to the send.
Item: TypeAlias = "tuple[Sender, Send, BaseException | KafkaError | None]"


class Sender:
    """Send spans for one producer, whatever its class."""

    def __init__(self, tracing: Tracing, conf: Mapping[str, Any], cluster: ClusterId) -> None:
        self.tracing = tracing
        self.roots = tracing.roots
        self.ready = tracing.roots.ready
        self.enabled = tracing.enabled
        self._restraint = tracing.restraint
        self.metrics_enabled = tracing.metrics_enabled
        self._keeps_errors = tracing.late_keep.errors
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
        self.put: Callable[[Item], None] = tracing.pipeline.put
        self.encoder = choose.encoder(
            finisher=ENCODED,
            owner=self,
            prefixes=self._prefixes if tracing.restraint.keys else {},  # without keys, encode() does all
            names=_NAMES,
            tombstone=_TOMBSTONE,
            kinds=(),
        )
        self.sending: object = None
        if self.enabled and not self._errors_only and not tracing.restraint.topics:
            self.sending = choose.sending(
                sender=self,
                on_delivery=self.on_delivery,
                put=self.put,
                ready=self.ready,
                take=self.roots.take,
                started=tracing.pipeline.started_spans,
                histogram=self._series.of,
                encoder=self.encoder,
                metrics_enabled=self.metrics_enabled,
                keeps_errors=self._keeps_errors,
            )
        watch_clocks(tracing.metrics, self._about, self._clocks, self)

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

    def begin(self, topic: str, key: object, value: object, headers: Headers | None) -> tuple[Send, Headers] | None:
        """Begin a send, and make the headers that its record carries; None when it is not to be traced."""
        if self._restraint.excludes(topic):
            return None
        context = variable.get()
        propagated: Headers
        if headers is not None or context or not self.enabled:
            origin = self.origin(context, headers)
            if origin is None:
                return None
            traceparent, parent, remote, state, propagated = origin
        else:  # nothing to continue and nothing to keep: what most records are
            traceparent, parent, remote, state = self.roots.take(), b"", False, ""
            propagated = [(propagation.TRACEPARENT, traceparent)]
        send = Send()
        send.topic = topic
        if traceparent[54] & 1:
            send.traceparent = traceparent
            self.started()
        elif self._keeps_errors:
            send.unsampled = traceparent
        if send.traceparent is not None or send.unsampled is not None:
            send.parent, send.remote, send.state = parent, remote, state
            send.key, send.tombstone = key, value is None
        send.start = time_ns()
        return send, propagated

    def delivered(
        self, send: Send, callback: DeliveryCallback | None, error: KafkaError | None, message: Message
    ) -> None:
        """Take the delivery report, and pass it on."""
        send.ended = now = time_ns()
        if error is not None:
            self._keep(send)
        if send.traceparent is not None:
            if (partition := message.partition()) is not None:
                send.partition = partition
            if (offset := message.offset()) is not None:
                send.offset = offset
            if now >= self._clock_due:
                self._clock_due = now + _CLOCK_NS
                send.timestamp_type, send.timestamp = message.timestamp()
        self.put((self, send, error))
        if callback is not None and (error is not None or not self._errors_only):
            callback(error, message)

    def refused(self, send: Send, error: BaseException | KafkaError) -> None:
        """Take what kept the record out of the producer's queue; nothing else will ever be reported of it."""
        send.topic = str(send.topic)  # even of a topic that is none
        send.ended = time_ns()
        self._keep(send)
        self.put((self, send, error))

    def _keep(self, send: Send) -> None:
        """Have a send that failed drawn though it is not sampled: as a root, since its parent is not sampled either."""
        own = send.unsampled
        if own is not None:
            send.traceparent = kept.sampled(own, self.tracing.span_ids.take() if send.parent else own[36:52])
            self.started()

    def untraced(self, callback: DeliveryCallback | None) -> DeliveryCallback | None:
        """Return the callback for a record that is not traced."""
        if callback is None or not self._errors_only:
            return callback
        return lambda error, message: callback(error, message) if error is not None else None

    def close(self) -> None:
        """Leave the metrics that tell of this producer alone."""
        self.tracing.metrics.leave(self)

    # ---- in the background

    def account(self, item: Item) -> int:
        """Count a send."""
        _, send, error = item
        self._series.of(send.topic, None if error is None else name_of(error)).add(send.ended - send.start)
        if send.traceparent is None:
            return 0
        if send.timestamp_type == clock_offset.LOG_APPEND_TIME:
            self._clocks.appended(send.timestamp, send.start, send.ended)
            self.clock_attributes = _clock_attributes(self._clocks.offset)
        return 1

    def encode(self, item: Item, batch: Batch) -> None:
        """Encode a sampled send's span."""
        _, send, error = item
        own = send.traceparent or b""
        rest = [self._prefix(send.topic, send.partition, send.outcome), *_kept(send)]
        if send.offset >= 0:
            rest.append(_OFFSET(send.offset))
        if self._restraint.keys and (text := key_text(send.key)) is not None:
            rest.append(_KEY(text))
        if send.tombstone:
            rest.append(_TOMBSTONE)
        if self.clock_attributes:
            rest.append(self.clock_attributes)
        if error is not None:
            rest.append(failure(error, send.ended))
        parent = b"" if send.parent is None or send.unsampled is not None else send.parent
        flags = own[54] & w3c.KNOWN_FLAGS | (otlp.REMOTE if parent and send.remote else 0)
        ids = own[3:35] + own[36:52] + parent
        state = send.state.encode() if send.state else b""
        batch.service.append(otlp.span(ids, send.start, send.ended, rest, flags=flags, state=state))

    def _prefix(self, topic: str, partition: int, outcome: str | None) -> bytes:
        key = (topic, partition) if outcome is None else (topic, partition, outcome)
        if (known := self._prefixes.get(key)) is not None:
            return known
        attributes = {**self._about, semconv.MESSAGING_DESTINATION_NAME: topic, **self._cluster.attributes()}
        if partition >= 0:
            attributes[semconv.MESSAGING_DESTINATION_PARTITION_ID] = str(partition)
        if outcome is not None:
            attributes[semconv.TRANSACTION_OUTCOME] = outcome
        made = otlp.span_prefix(f"{semconv.SEND} {topic}", SpanKind.PRODUCER, attributes)
        if self._cluster.value is not None:
            self._prefixes[key] = made
        return made


def _kept(send: Send) -> tuple[bytes, ...]:
    """Encode why a send has a span that was not sampled."""
    if send.unsampled is None:
        return ()
    return _KEPT if not send.parent else (*_KEPT, kept.unsampled_parent(send.unsampled))


def _clock_attributes(offset: clock_offset.Offset | None) -> bytes:
    if offset is None or not offset.is_difference:
        return b""
    return _CLOCK_OFFSET(offset.middle / _NS_PER_MS) + _CLOCK_UNCERTAINTY(offset.uncertainty / _NS_PER_MS)
