"""Clients for an application that knows nothing of process(): a message is handled until the next is polled."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

import confluent_kafka
from confluent_kafka import Message, aio, cimpl

from kafkatrace.clients import aio as traced_aio
from kafkatrace.clients import consumer, inner, producer, serializing
from kafkatrace.clients.iteration import SpanOfBody


class Producer(producer.Producer):
    """kafkatrace.Producer, and a plain one within an asyncio client."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make the original where another client of ours is to have it."""
        return cimpl.Producer(*args, **kwargs) if inner.is_wanted() else super().__new__(cls)


class SerializingProducer(serializing.SerializingProducer):
    """kafkatrace.SerializingProducer."""


class AIOProducer(traced_aio.AIOProducer):
    """kafkatrace.AIOProducer."""


class _Batch(list[Message]):
    """What consume() returned; in the first loop over it the body is the message's process span."""

    def __init__(self, messages: list[Message], body: SpanOfBody) -> None:
        super().__init__(messages)
        self._body: SpanOfBody | None = body

    def __iter__(self) -> Iterator[Message]:
        body, self._body = self._body, None
        messages = super().__iter__()
        return messages if body is None else _each_handled(messages, body)


def _each_handled(messages: Iterator[Message], body: SpanOfBody) -> Iterator[Message]:
    for message in messages:
        body.turn(_record(message))
        yield message
    body.turn(None)


def _record(message: Message | None) -> Message | None:
    return None if message is None or message.error() is not None else message


class _Handling(consumer.Consumer):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._body = SpanOfBody(self.process)

    def poll(self, *args: Any, **kwargs: Any) -> Message | None:
        """Poll as the original does; the message's process span lasts until the next call."""
        self._body.turn(None)
        message = super().poll(*args, **kwargs)
        self._body.turn(_record(message))
        return message

    def consume(self, *args: Any, **kwargs: Any) -> list[Message]:
        """Consume as the original does; a loop over the batch has each message's process span around its body."""
        self._body.turn(None)
        return _Batch(super().consume(*args, **kwargs), self._body)

    def close(self, *args: Any, **kwargs: Any) -> Any:
        """Close as the original does; the last message's process span ends."""
        self._body.turn(None)
        return super().close(*args, **kwargs)


class Consumer(_Handling):
    """kafkatrace.Consumer whose poll() begins the message's process span, and a plain one within an asyncio client."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make the original where another client of ours is to have it."""
        return cimpl.Consumer(*args, **kwargs) if inner.is_wanted() else super().__new__(cls)


class DeserializingConsumer(_Handling, serializing.DeserializingConsumer):
    """kafkatrace.DeserializingConsumer whose poll() begins the message's process span."""


class AIOConsumer(traced_aio.AIOConsumer):
    """kafkatrace.AIOConsumer whose poll() begins the message's process span."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._body = SpanOfBody(self.process)

    async def poll(self, *args: Any, **kwargs: Any) -> Message | None:
        """Poll as the original does; the message's process span lasts until the next call."""
        self._body.turn(None)
        message = await super().poll(*args, **kwargs)
        self._body.turn(_record(message))
        return message

    async def consume(self, *args: Any, **kwargs: Any) -> list[Message]:
        """Consume as the original does; a loop over the batch has each message's process span around its body."""
        self._body.turn(None)
        return _Batch(await super().consume(*args, **kwargs), self._body)

    async def close(self, *args: Any, **kwargs: Any) -> Any:
        """Close as the original does; the last message's process span ends."""
        self._body.turn(None)
        return await super().close(*args, **kwargs)


_CLIENTS: Final[dict[type, type]] = {
    cimpl.Producer: Producer,
    cimpl.Consumer: Consumer,
    confluent_kafka.SerializingProducer: SerializingProducer,
    confluent_kafka.DeserializingConsumer: DeserializingConsumer,
    aio.AIOProducer: AIOProducer,
    aio.AIOConsumer: AIOConsumer,
}
# Where applications import them from; a class's own module needs its name for itself.
_MODULES: Final[tuple[ModuleType, ...]] = (confluent_kafka, aio)


def install() -> None:
    """Put these clients under the originals' names, for what imports those from now on."""
    for original, ours in _CLIENTS.items():
        _name(original.__name__, ours)


def remove() -> None:
    """Put the originals under their names again."""
    for original in _CLIENTS:
        _name(original.__name__, original)


def _name(name: str, client: type) -> None:
    for module in _MODULES:
        if hasattr(module, name):
            setattr(module, name, client)
