"""Rebalances: process spans of partitions that are no longer ours end there and say so."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from confluent_kafka import TopicPartition

from kafkatrace.spans.message_span import MessageSpan

RebalanceCallback = Callable[[Any, list[TopicPartition]], None]
NAMES: Final = ("on_assign", "on_revoke", "on_lost")
_ENDING: Final = ("on_revoke", "on_lost")


def watched(
    open_spans: dict[int, MessageSpan], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return subscribe()'s callbacks with ours around those that tell of partitions that go.

    Without on_lost, the original calls on_revoke for lost partitions, too.
    """
    named = dict(zip(NAMES, args, strict=False))
    if len(args) > len(NAMES) or named.keys() & kwargs.keys():
        return args, dict(kwargs)  # the original says what is wrong
    callbacks = {**named, **kwargs}
    for name in _ENDING:
        if name in callbacks and not callable(callbacks[name]):
            continue  # the original says what it expects
        if name in callbacks or name == "on_revoke":
            callbacks[name] = _ending(open_spans, callbacks.get(name))
    return (), callbacks


def _ending(open_spans: dict[int, MessageSpan], callback: RebalanceCallback | None) -> RebalanceCallback:
    def revoke(consumer: Any, partitions: list[TopicPartition]) -> None:
        gone = {(each.topic, each.partition) for each in partitions}
        for key, span in list(open_spans.items()):
            if _is_of(span, gone) and open_spans.pop(key, None) is not None:
                span.revoked = True
                span.end()
        if callback is not None:
            callback(consumer, partitions)

    return revoke


def _is_of(span: MessageSpan, partitions: set[tuple[str, int]]) -> bool:
    try:
        return (span.topic, span.partition) in partitions
    except (AttributeError, TypeError):  # a handler may set either to anything
        return False
