"""The send span: from produce() to the delivery report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from confluent_kafka import KafkaError, Message
from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.util.types import AttributeValue

from kafkatrace import propagation, semconv
from kafkatrace.client import ClusterId, client_attributes, fail, record_attributes
from kafkatrace.headers import Headers
from kafkatrace.tracing import Tracing

DeliveryCallback: TypeAlias = Callable[[KafkaError | None, Message], None]
ERRORS_ONLY: Final = "delivery.report.only.error"
_OPERATION: Final = {
    semconv.MESSAGING_OPERATION_NAME: semconv.SEND,
    semconv.MESSAGING_OPERATION_TYPE: semconv.SEND,
}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The arguments of one produce()."""

    topic: str
    value: str | bytes | None
    key: str | bytes | None
    partition: int
    on_delivery: DeliveryCallback | None
    timestamp: int
    headers: Headers | None

    def attributes(self) -> dict[str, AttributeValue]:
        """Say what is known of the record before it is sent."""
        attributes = record_attributes(self.topic, self.key, self.value)
        if isinstance(self.partition, int) and self.partition >= 0:
            attributes[semconv.MESSAGING_DESTINATION_PARTITION_ID] = str(self.partition)
        return attributes


class Sender:
    """Send spans for one producer, whatever its class."""

    def __init__(self, tracing: Tracing, conf: Mapping[str, Any], cluster: ClusterId) -> None:
        self._tracing = tracing
        self._cluster = cluster
        self._attributes = {**client_attributes(conf), **_OPERATION}
        self._on_delivery: DeliveryCallback | None = conf.get("on_delivery")
        self._errors_only = str(conf.get(ERRORS_ONLY, False)).lower() in ("true", "t", "1")

    def send(self, produce: Callable[..., None], record: Outgoing) -> None:
        """Hand the record to `produce` with our context in its headers and our ear at its delivery report."""
        if propagation.suppressed():
            _produce(produce, record, self._listener(None, record), record.headers)
            return
        parent = self._parent(record.headers)
        span = self._span(record, parent)
        headers = propagation.inject(record.headers, trace.set_span_in_context(span, parent))
        try:
            _produce(produce, record, self._listener(span, record), headers)
        except BaseException as error:  # BufferError: the queue is full; nothing will ever be reported
            fail(span, error)
            span.end()
            raise

    def _parent(self, headers: Headers | None) -> Context:
        """Take the current context; without a span in it, the one that forwarded headers carry."""
        ambient = get_current()
        if trace.get_current_span(ambient).get_span_context().is_valid or not headers:
            return ambient
        forwarded = propagation.extract(headers).parent
        return trace.set_span_in_context(trace.NonRecordingSpan(forwarded), ambient) if forwarded else ambient

    def _span(self, record: Outgoing, parent: Context) -> Span:
        return self._tracing.tracer.start_span(
            f"{semconv.SEND} {record.topic}",
            context=parent,
            kind=SpanKind.PRODUCER,
            attributes={**self._attributes, **record.attributes()},
        )

    def _listener(self, span: Span | None, record: Outgoing) -> DeliveryCallback | None:
        user = record.on_delivery or self._on_delivery
        told = user if user is None or not self._errors_only else _errors_only(user)
        if span is None or not span.is_recording():
            return told

        def report(error: KafkaError | None, message: Message) -> None:
            self._end(span, error, message)
            if told is not None:
                told(error, message)

        return report

    def _end(self, span: Span, error: KafkaError | None, message: Message) -> None:
        span.set_attributes({**_place(message), **self._cluster.attributes()})
        if error is not None:
            span.set_attribute(semconv.ERROR_TYPE, error.name())
            span.set_status(Status(StatusCode.ERROR, error.str()))
        span.end()


def _produce(
    produce: Callable[..., None], record: Outgoing, listener: DeliveryCallback | None, headers: Headers | None
) -> None:
    produce(
        record.topic,
        value=record.value,
        key=record.key,
        partition=record.partition,
        on_delivery=listener,
        timestamp=record.timestamp,
        headers=headers,
    )


def _errors_only(callback: DeliveryCallback) -> DeliveryCallback:
    return lambda error, message: callback(error, message) if error is not None else None


def _place(message: Message) -> dict[str, AttributeValue]:
    partition, offset = message.partition(), message.offset()
    place: dict[str, AttributeValue] = {}
    if partition is not None and partition >= 0:
        place[semconv.MESSAGING_DESTINATION_PARTITION_ID] = str(partition)
    if offset is not None and offset >= 0:
        place[semconv.MESSAGING_KAFKA_OFFSET] = offset
    return place
