"""A span's attributes as text for a person, so many and so long at most. Pure."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tracedpipeline.untrusted.documents import Document

MOST = 64
MOST_CHARACTERS = 400
_SIMPLE = ("stringValue", "intValue", "doubleValue")


def texts(attributes: Iterable[Document]) -> tuple[tuple[str, str], ...]:
    """Return names and values in the order of the names."""
    found = [(_cut(each["key"]), _cut(_text(each.get("value")))) for each in attributes if _is_named(each)]
    return tuple(sorted(found)[:MOST])


def _is_named(attribute: Document) -> bool:
    return isinstance(attribute.get("key"), str)


def _text(value: Any) -> str:
    """Return a value of OTLP/JSON: what has no simple form stays as it was written."""
    if not isinstance(value, Mapping):
        return ""
    for kind in _SIMPLE:
        if isinstance(value.get(kind), str | int | float):
            return str(value[kind])
    if isinstance(value.get("boolValue"), bool):
        return "true" if value["boolValue"] else "false"
    return json.dumps(value)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
