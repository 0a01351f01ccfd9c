"""Process spans without a broker: messages made by hand."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from confluent_kafka import Message
from kafkatrace import Tracing
from kafkatrace.operations.receive import Receiver
from opentelemetry.trace import Span

Header = tuple[str, Any]


class Touched(BaseException):
    """Where a real record would have ended the process."""


class NullPointers(list[Any]):
    """Looks like a list."""

    def __iter__(self) -> Iterator[Any]:
        raise Touched


class Poisoned(Message):
    """What confluent-kafka 2.16 gives when a header's name is not UTF-8: an exception, then null pointers."""

    def headers(self) -> Any:
        if "given" not in self.__dict__:
            self.given: Any = NullPointers()
            raise SystemError("returned a result with an exception set")
        return self.given

    def set_headers(self, headers: Any) -> None:
        self.given = headers


def message(headers: Sequence[Header] | None = None, of: type[Message] = Message) -> Message:
    given = None if headers is None else list(headers)
    return of(topic="t", partition=0, offset=7, timestamp=(1, 1_000), key=b"k", value=b"v", headers=given)


class Inbox:
    """What a consumer does with a message, without the consumer."""

    def __init__(self, tracing: Tracing, *, linked: bool = False) -> None:
        self.receiver = Receiver(tracing, {"group.id": "g"}, linked=linked)

    def process(self, record: Message) -> AbstractContextManager[Span]:
        return self.receiver.process(record)

    def take(self, *headers: Header) -> AbstractContextManager[Span]:
        return self.process(message(headers))
