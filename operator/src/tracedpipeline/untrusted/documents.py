"""JSON that others wrote: parsed within limits, and read with each value's type checked. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

# A value takes many times its text's length in memory: a document of 4 MB that is all brackets would be 100 MB. And
# while one is parsed, nothing else runs in this process.
MOST_VALUES = 120_000
_LARGEST = 2**63 - 1
_DIGITS = 19
_IDENTIFIER = re.compile(r"[0-9A-Za-z_-]{1,64}")

Document = Mapping[str, Any]


class DocumentError(ValueError):
    """The document is not what it should be; the message says where."""


def parse(text: str) -> Document:
    """Return a JSON object; raises DocumentError where it is none, is nested too deeply, or holds too much."""
    if sum(map(text.count, "[{,")) > MOST_VALUES:
        raise DocumentError(f"more than {MOST_VALUES} values")
    try:
        found = json.loads(text, parse_constant=_refuse, parse_int=_int)
    except RecursionError as error:
        raise DocumentError("nested too deeply") from error
    except ValueError as error:
        raise DocumentError("no JSON") from error
    if not isinstance(found, dict):
        raise DocumentError("no JSON object")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _int(digits: str) -> int:
    # Thousands of digits take long, each time.
    if len(digits) > _DIGITS + 1:
        raise ValueError("a number has too many digits")
    return int(digits)


def mapping(document: Document, key: str) -> Document:
    """Return the object at a key, an empty one where it is missing or null."""
    found = document.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise DocumentError(f"{key} is no object")
    return found


def mappings(document: Document, key: str) -> list[Document]:
    """Return the objects in the list at a key, none where it is missing or null."""
    found = document.get(key)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise DocumentError(f"{key} is no list of objects")
    return found


def text(document: Document, key: str, default: str | None = None) -> str:
    """Return the text at a key, the default where it is missing or null; raises DocumentError where there is none."""
    found = document.get(key)
    if found is None and default is not None:
        return default
    if not isinstance(found, str):
        raise DocumentError(f"{key} is no text")
    return found


def identifier(document: Document, key: str) -> str:
    """Return the id at a key, which may become part of a path: 1 to 64 letters, digits, `_` and `-`."""
    found = text(document, key)
    if not _IDENTIFIER.fullmatch(found):
        raise DocumentError(f"{key} is no id")
    return found


def whole(document: Document, key: str, default: int | None = None) -> int:
    """Return the whole number at a key, also one in quotes, as OTLP/JSON has them; the default as for text."""
    found = document.get(key)
    if found is None and default is not None:
        return default
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) <= _DIGITS:
        found = int(found)
    if type(found) is not int or abs(found) > _LARGEST:
        raise DocumentError(f"{key} is no whole number of 64 bits")
    return found
