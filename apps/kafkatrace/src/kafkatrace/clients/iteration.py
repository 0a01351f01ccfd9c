"""Iterating over messages, each in its process span."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message
from confluent_kafka.error import ConsumeError
from opentelemetry.trace import Span

from kafkatrace.spans import semconv

Process = Callable[[Message], AbstractContextManager[Span]]
_SECONDS: Final = 1.0  # then a signal handler gets its turn


def records(consumer: Consumer) -> Iterator[Message]:
    """Poll without end."""
    while True:
        try:
            message = consumer.poll(_SECONDS)
        except ConsumeError as error:  # what a DeserializingConsumer makes of an event
            if error.code != KafkaError._PARTITION_EOF:
                raise
            continue
        if message is not None:
            yield message


def is_record(message: Message) -> bool:
    """Return whether it is a record, not a partition's end; raises KafkaException for any other event."""
    error = message.error()
    if error is not None and error.code() != KafkaError._PARTITION_EOF:
        raise KafkaException(error)
    return error is None


def each_in_its_span(process: Process, messages: Iterable[Message]) -> Iterator[Message]:
    """Yield each message with its process span as the current one, until the next is requested."""
    for message in messages:
        if not is_record(message):
            continue
        with process(message) as span:
            try:
                yield message
            except GeneratorExit:  # by break, return or an exception: that can't be told from here
                span.set_attribute(semconv.LOOP_LEFT, True)
                return


class SpanOfBody:
    """The process span of an asynchronous loop's body: one at a time.

    No asynchronous generator: after a break those are closed some time later, in another task's context.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._open: AbstractContextManager[Span] | None = None
        self._span: Span | None = None

    def turn(self, message: Message | None) -> None:
        """End the span of the message before, and begin this one's."""
        if self._open is not None:
            opened, self._open = self._open, None
            opened.__exit__(None, None, None)
        if message is not None:
            self._open = self._process(message)
            self._span = self._open.__enter__()

    def __del__(self) -> None:
        if self._open is not None and self._span is not None:
            self._span.set_attribute(semconv.LOOP_LEFT, True)
            self.turn(None)
