"""Errors that poll() and consume() return in place of records, such as a topic that is not there."""

import threading
from collections.abc import Mapping
from typing import TypeAlias

from confluent_kafka import KafkaError, Message
from opentelemetry.util.types import AttributeValue

from kafkatrace.metrics.counters import AtomicCounter
from kafkatrace.metrics.instruments import metric_attributes
from kafkatrace.metrics.metric_definitions import CONSUMER_ERRORS
from kafkatrace.spans import semconv
from kafkatrace.spans.client_attributes import operation
from kafkatrace.spans.errors import name_of
from kafkatrace.tracing import Tracing

_Key: TypeAlias = tuple[str | None, str]


class PollErrors:
    """Counts one consumer's errors by topic and `error.type`; the end of a partition is none."""

    def __init__(self, tracing: Tracing, about: Mapping[str, AttributeValue]) -> None:
        self._tracing = tracing
        self._about = {**metric_attributes(about), **operation(semconv.POLL, semconv.RECEIVE)}
        self._lock = threading.Lock()
        self._known: dict[_Key, AtomicCounter] = {}

    def count(self, message: Message) -> None:
        """Count the error that a message is."""
        error, topic = message.error(), message.topic()
        if not isinstance(error, KafkaError) or error.code() == KafkaError._PARTITION_EOF:
            return
        if not self._tracing.restraint.excludes(topic):
            self._counter(topic if isinstance(topic, str) else None, name_of(error)).add()

    def _counter(self, topic: str | None, error: str) -> AtomicCounter:
        with self._lock:
            found = self._known.get((topic, error))
            if found is None:
                found = self._known[topic, error] = AtomicCounter()
                self._watch(topic, error, found)
            return found

    def _watch(self, topic: str | None, error: str, counter: AtomicCounter) -> None:
        attributes = {**self._about, semconv.ERROR_TYPE: error}
        if topic is not None:
            attributes[semconv.MESSAGING_DESTINATION_NAME] = topic
        self._tracing.metrics.watch(CONSUMER_ERRORS, attributes, counter.value, self)
