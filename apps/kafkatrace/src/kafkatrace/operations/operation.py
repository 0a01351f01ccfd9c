"""Spans of what a client does for many messages at once: receiving a batch, committing, a transaction."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, TopicPartition
from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue

from kafkatrace import propagation
from kafkatrace.context import w3c
from kafkatrace.context.context_var import suppressed, variable
from kafkatrace.export.batch import Batch
from kafkatrace.metrics.instruments import Series
from kafkatrace.spans import otlp, semconv
from kafkatrace.spans.client_attributes import ClusterId, client_attributes, operation
from kafkatrace.spans.errors import failure, is_leaving, name_of
from kafkatrace.tracing import Tracing


@dataclass(frozen=True, slots=True)
class Start:
    """An operation under way; times are nanoseconds since the epoch."""

    traceparent: bytes
    parent: bytes
    state: str
    time: int

    @property
    def sampled(self) -> bool:
        """Whether there will be a span."""
        return bool(self.traceparent[54] & 1)


class Operations:
    """One kind of operation of one client; unless it is drawn `alone`, it has spans only within a trace."""

    def __init__(
        self,
        tracing: Tracing,
        conf: Mapping[str, object],
        cluster: ClusterId,
        name: str,
        kind: str | None,
        *,
        alone: bool = True,
    ) -> None:
        self._tracing = tracing
        self._alone = alone
        self._cluster = cluster
        self._name = name
        known = {semconv.MESSAGING_OPERATION_NAME: name} if kind is None else operation(name, kind)
        self._about: dict[str, AttributeValue] = {**client_attributes(conf), **known}
        self._durations = Series(tracing.metrics, self._about)

    def begin(self, at: int | None = None, beneath: Start | None = None) -> Start | None:
        """Begin, now or earlier, beneath the current span or another operation; None when it is not to be traced."""
        context = variable.get()
        if not self._tracing.enabled or suppressed(context):
            return None
        propagated = propagation.ambient(context)
        parent = propagated.traceparent if beneath is None else beneath.traceparent
        traceparent = self._root() if parent is None else self._tracing.child(parent)
        if traceparent[54] & 1:
            self._tracing.pipeline.begin_span()
        own_parent = b"" if parent is None else parent[36:52]
        return Start(traceparent, own_parent, propagated.state, time.time_ns() if at is None else at)

    def _root(self) -> bytes:
        root = self._tracing.roots.take()
        return root if self._alone else root[:54] + (b"2" if root[54] & 2 else b"0")

    def end(
        self,
        start: Start | None,
        attributes: Mapping[str, AttributeValue],
        error: BaseException | KafkaError | None = None,
        links: Sequence[bytes] = (),
    ) -> None:
        """End it; `links` are traceparents."""
        if start is not None:
            error = None if isinstance(error, BaseException) and is_leaving(error) else error
            self._tracing.pipeline.put((self, start, time.time_ns(), attributes, error, links))

    # ---- in the background

    def account(self, item: tuple[Any, ...]) -> int:
        """Count the operation."""
        _, start, ended, attributes, error, _ = item
        topic = attributes.get(semconv.MESSAGING_DESTINATION_NAME)
        self._durations.of(topic, None if error is None else name_of(error)).add(ended - start.time)
        return int(start.sampled)

    def encode(self, item: tuple[Any, ...], batch: Batch) -> None:
        """Encode its span."""
        _, start, ended, attributes, error, links = item
        topic = attributes.get(semconv.MESSAGING_DESTINATION_NAME)
        name = self._name if topic is None else f"{self._name} {topic}"
        about = {**self._about, **attributes, **self._cluster.attributes()}
        rest = [otlp.span_prefix(name, SpanKind.CLIENT, about)]
        rest += (otlp.link(each[3:35] + each[36:52], each[54] & w3c.KNOWN_FLAGS | otlp.REMOTE) for each in links)
        if error is not None:
            rest.append(failure(error, ended))
        own = start.traceparent
        ids = own[3:35] + own[36:52] + start.parent
        flags = own[54] & w3c.KNOWN_FLAGS
        batch.service.append(otlp.span(ids, start.time, ended, rest, flags=flags, state=start.state.encode()))


def places(partitions: Sequence[TopicPartition] | None) -> dict[str, AttributeValue]:
    """Return what several partitions have in common: the topic, the partition if there is one, its offset."""
    attributes: dict[str, AttributeValue] = {}
    if partitions and len({each.topic for each in partitions}) == 1:
        attributes[semconv.MESSAGING_DESTINATION_NAME] = partitions[0].topic
        if len(partitions) == 1:
            attributes[semconv.MESSAGING_DESTINATION_PARTITION_ID] = str(partitions[0].partition)
            if partitions[0].offset >= 0:
                attributes[semconv.MESSAGING_KAFKA_OFFSET] = partitions[0].offset
    return attributes
