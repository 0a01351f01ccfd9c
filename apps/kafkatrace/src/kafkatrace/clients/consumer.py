"""confluent-kafka's Consumer, traced: same methods, same arguments, same results."""

import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Final

from confluent_kafka import Message, cimpl
from opentelemetry.trace import Span

from kafkatrace.clients.arguments import conf_of, documented_by
from kafkatrace.clients.iteration import each_in_its_span, records
from kafkatrace.clients.rebalance import watched
from kafkatrace.hotpath.choose import method
from kafkatrace.operations.commit import Settling
from kafkatrace.operations.receive import Receiver
from kafkatrace.tracing import Tracing, chosen

_poll: Final = cimpl.Consumer.poll
_consume: Final = cimpl.Consumer.consume
_NOT_GIVEN: Final[Any] = object()


@documented_by(cimpl.Consumer)
class Consumer(cimpl.Consumer):  # confluent_kafka.Consumer may be what another instrumentation put there
    """confluent_kafka.Consumer with process(), the span around a message's handler.

    Takes the original's configuration, a dict or keywords, and
    tracing: what kafkatrace.configure() returned; else the one that was configured last
    link: True gives each process span a trace of its own, linked to the sender's, instead of making it a part of that
    """

    # of the subclasses that can't hand them through their confluent-kafka base
    _tracing: Tracing | None = None
    _link = False

    def __init__(self, *args: Any, tracing: Tracing | None = None, link: bool = False, **kwargs: Any) -> None:
        conf = conf_of(args, kwargs)
        tracing = chosen(self._tracing if tracing is None else tracing)
        self._receiver = Receiver(tracing, conf, linked=link or self._link)
        self._polled, self._process = self._receiver.polled, self._receiver.process
        self._settling = Settling(tracing, conf, self._receiver.cluster)
        super().__init__(self._settling.conf(conf))

    @method("poll", _poll)
    def poll(self, timeout: float = -1) -> Message | None:
        """Poll as the original does."""
        message = _poll(self, timeout)
        if message is not None:
            self._polled.one(self, message)
        return message

    def consume(self, num_messages: int = 1, timeout: float = -1) -> list[Message]:
        """Consume a batch as the original does; a receive span tells of it, unless it is empty."""
        start = time.time_ns()
        messages = _consume(self, num_messages, timeout)
        if messages:
            self._receiver.received(self, start, messages)
        return messages

    @method("process")
    def process(self, message: Message) -> AbstractContextManager[Span]:
        """Handle a message inside `with consumer.process(message) as span:`.

        Draws the queue span (record's timestamp to poll), child of the sender's span, and opens the process
        span beneath it. An exception is recorded and goes on. ValueError for an error or partition-end event.

        message: what poll() or consume() returned
        """
        return self._process(message)

    def process_all(self, messages: Iterable[Message]) -> Iterator[Message]:
        """Iterate over a batch: each message's process span lasts while the loop's body handles it.

        The body's exceptions can't be seen from here: where they matter, use process(). KafkaException for an
        error event; partition ends are passed over.

        messages: what consume() returned
        """
        return each_in_its_span(self.process, messages)

    def __iter__(self) -> Iterator[Message]:
        """Iterate over messages without end, each in its process span; see process_all()."""
        return each_in_its_span(self.process, records(self))

    def subscribe(self, topics: list[str], *args: Any, **kwargs: Any) -> None:
        """Subscribe as the original does; process spans of partitions that go are then ended and say so."""
        args, kwargs = watched(self._receiver.processed.open, args, kwargs)
        super().subscribe(topics, *args, **kwargs)

    def close(self, *args: Any, **kwargs: Any) -> Any:
        """Close as the original does; the metrics of this consumer alone are then exported once more."""
        try:
            return super().close(*args, **kwargs)
        finally:
            self._receiver.close()

    def __exit__(self, *args: Any) -> Any:
        try:
            return super().__exit__(*args)
        finally:
            self._receiver.close()

    def commit(self, message: Any = _NOT_GIVEN, offsets: Any = _NOT_GIVEN, asynchronous: Any = True) -> Any:
        """Commit as the original does; a settle span tells of it."""
        given = {"message": message, "offsets": offsets}
        what = {name: value for name, value in given.items() if value is not _NOT_GIVEN}
        if asynchronous:
            with self._settling.request():
                return super().commit(**what, asynchronous=asynchronous)
        with self._settling.call() as settle:
            settle.partitions = super().commit(**what, asynchronous=asynchronous)
        return settle.partitions
