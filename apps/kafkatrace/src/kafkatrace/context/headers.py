"""Kafka headers in the shapes that confluent-kafka takes and gives: a list of pairs, a dict, None."""

from collections.abc import Collection, Iterable
from typing import Any, TypeAlias

Value: TypeAlias = str | bytes | None
Pairs: TypeAlias = list[tuple[str, Value]]
Headers: TypeAlias = dict[str, Value] | Pairs


def last(headers: object, names: Collection[str]) -> dict[str, object]:
    """Each of the names that is there with its last value: a later header overrides an earlier one.

    Takes whatever Message.headers() gives, also what a user put there with set_headers().
    """
    return {pair[0]: pair[1] for pair in _pairs(headers) if is_pair(pair) and pair[0] in names}


def replaced(headers: object, added: Iterable[tuple[str, bytes]], names: Collection[str]) -> Any:
    """Make a new list without `names` and with `added` at the end; the caller's object stays as it was.

    What is no list and no dict, and a list's odd element, is for confluent-kafka to refuse in its own words.
    """
    if not isinstance(headers, dict | list | None):
        return headers
    kept = [pair for pair in _pairs(headers) if not (is_pair(pair) and pair[0] in names)]
    return [*kept, *added]


def _pairs(headers: object) -> Iterable[tuple[str, Value]]:
    if isinstance(headers, dict):
        return headers.items()
    return headers if isinstance(headers, list) else ()


def is_pair(pair: object) -> bool:
    """Return whether an element of a list is a header."""
    return isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)
