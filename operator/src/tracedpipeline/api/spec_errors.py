"""What is wrong with a resource that cannot be understood, each fault with its path."""

from collections.abc import Mapping
from reprlib import Repr
from typing import Any

from tracedpipeline.api.rules import SpecModel

# A condition's message is read by people.
MOST_NAMED = 10


class InvalidSpecError(Exception):
    """The resource cannot be understood; only its author can fix that, no retry helps."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        named = [f"{path}: {problem}" for path, problem in problems[:MOST_NAMED]]
        more = len(problems) - len(named)
        super().__init__("; ".join([*named, f"and {more} more"] if more else named))


# What pydantic says of its own types, in the words of the resource.
_WORDS = {
    "extra_forbidden": "unknown field; remove it or fix its spelling",
    "model_type": "should be an object",
    "model_attributes_type": "should be an object",
    "tuple_type": "should be a list",
}
_SHORTENED = Repr()
_SHORTENED.maxstring = _SHORTENED.maxlong = _SHORTENED.maxother = 80
_SHORTENED.maxlevel = 2
_LONGEST_STEP = 80


def problem(detail: Any) -> tuple[str, str]:
    """Return path and problem of one of pydantic's errors."""
    path, kind, given = _path(detail["loc"]), detail["type"], detail["input"]
    got = "" if kind == "extra_forbidden" or isinstance(given, Mapping | SpecModel) else shortened(given)
    words = _WORDS.get(kind) or (str(detail["ctx"]["error"]) if kind == "value_error" else detail["msg"])
    return path, f"{words if kind == 'value_error' else words[0].lower() + words[1:]}{got}"


def shortened(given: Any) -> str:
    """Return what was given, in short: it may be of any length, and a number of more digits than can be written."""
    if isinstance(given, int) and given.bit_length() > _LONGEST_STEP:
        return " (got a number of too many digits)"
    return f" (got {_SHORTENED.repr(given)})"


def _path(steps: tuple[str | int, ...]) -> str:
    """Return the path as Kubernetes writes it, such as spec.producer.env[0].name."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step[:_LONGEST_STEP]}" for step in steps)
    text = text.removeprefix(".")
    # What is said of the whole resource is said of its name.
    return text if text.startswith("spec") else f"metadata.{text or 'name'}"
