"""A row of the source as a message, and a message as a row of a sink."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import kafkatrace
from confluent_kafka import Message
from traced_common.order import PoisonError

_TYPES: Final = {"CreateTime": 1, "LogAppendTime": 2}  # as Message.timestamp() numbers them
_NS_PER_MS: Final = 1_000_000
SinkHeaders = dict[str, bytes]


def message_of(topic: str, row: Sequence[Any]) -> tuple[Message, int]:
    """Make a message of a row (see tables.READ), and tell when it left the connector, nanoseconds since the epoch."""
    key, value, headers, partition, offset, timestamp, kind, left = row
    message = Message(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=(_TYPES.get(kind, 0), timestamp),
        key=key,
        value=value,
        headers=list(headers.items()) if headers else None,
    )
    return message, left * _NS_PER_MS


def dead_letter(message: Message, poison: PoisonError, group: str) -> tuple[bytes | None, bytes | None, SinkHeaders]:
    """Make the row of a dead letter: a copy with its headers, the current span's context and the reason.

    The additional headers are those of the Python consumer.
    """
    about = {
        "dead-letter.reason": str(poison),
        "dead-letter.topic": str(message.topic()),
        "dead-letter.partition": str(message.partition()),
        "dead-letter.offset": str(message.offset()),
        "dead-letter.group": group,
    }
    headers = _dict(kafkatrace.context_headers(message)) | {
        name: text.encode("utf-8", "replace") for name, text in about.items()
    }
    return _bytes(message.key()), _bytes(message.value()), headers


def _dict(headers: Any) -> SinkHeaders:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return {name: _bytes(value) or b"" for name, value in pairs}  # the sink leaves out a header without a value


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
