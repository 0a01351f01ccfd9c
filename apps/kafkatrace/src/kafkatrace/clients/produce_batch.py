"""produce_batch() with headers."""

from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from kafkatrace.operations.send import DeliveryCallback


def produce_batch(
    produce: Callable[..., None],
    topic: str,
    messages: list[dict[str, Any]],
    partition: int,
    callback: DeliveryCallback | None,
) -> int:
    """Produce each message; the result is how many were taken, and `_error` in the others says why not."""
    _check(messages)
    taken = 0
    for message in messages:
        report = message.get("callback") or callback
        try:
            produce(
                topic,
                message.get("value"),
                message.get("key"),
                partition,
                report,
                timestamp=message.get("timestamp") or 0,
                headers=message.get("headers"),
            )
            taken += 1
        except BufferError:
            message["_error"] = _failed(KafkaError._QUEUE_FULL)
        except KafkaException as error:
            if error.args[0].code() == KafkaError._INVALID_ARG:  # not this message but all
                raise KafkaException(KafkaError(KafkaError._INVALID_ARG, f"Invalid topic: {topic}")) from None
            message["_error"] = _failed(error.args[0].code())
    return taken


def _check(messages: list[dict[str, Any]]) -> None:
    """Refuse what the original refuses, before anything is sent."""
    if not isinstance(messages, list):
        raise TypeError("messages must be a list")
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            raise TypeError(f"Message at index {index} must be a dict")
        for name in ("value", "key"):
            if not isinstance(message.get(name), str | bytes | None):
                raise TypeError(f"Message {name} at index {index} must be bytes or str")
        for name in ("partition", "timestamp"):
            if not isinstance(message.get(name), int | None):
                raise TypeError(f"Message {name} at index {index} must be int")
        if not are_headers(message.get("headers")):
            raise ValueError(f"Invalid headers at index {index}")


def are_headers(headers: object) -> bool:
    """Return whether confluent-kafka takes them as headers."""
    pairs = list(headers.items()) if isinstance(headers, dict) else headers
    return pairs is None or (isinstance(pairs, list) and all(map(_is_header, pairs)))


def _is_header(pair: object) -> bool:
    return isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], str | bytes | None)


def _failed(code: int) -> KafkaError:
    return KafkaError(code, f"Message failed: {KafkaError(code).str()}")
