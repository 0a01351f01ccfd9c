"""What is left out of traces: topics, and message keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Final

from kafkatrace.variables import Variables

_TOPICS: Final = "KAFKATRACE_EXCLUDE_TOPICS"
_KEYS: Final = "KAFKATRACE_MESSAGE_KEYS"


@dataclass(frozen=True, slots=True)
class Restraint:
    """Patterns of topics that are not traced, with `*`, `?` and `[…]`, and whether spans have the messages' keys."""

    topics: tuple[str, ...] = ()
    keys: bool = True

    @classmethod
    def read(cls, topics: Iterable[str] | None, keys: bool | None, variables: Variables) -> "Restraint":
        """Take what is given, else KAFKATRACE_EXCLUDE_TOPICS and _MESSAGE_KEYS; TypeError for what is neither."""
        return cls(
            _of_variable(variables) if topics is None else _checked(topics),
            variables.choice(_KEYS, ("true", "false"), "true") == "true" if keys is None else _boolean(keys),
        )

    def excludes(self, topic: object) -> bool:
        """Return whether a topic is left out."""
        return isinstance(topic, str) and bool(self.topics) and _matches(topic, self.topics)


@cache
def _matches(topic: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(topic, pattern) for pattern in patterns)


def _of_variable(variables: Variables) -> tuple[str, ...]:
    patterns = (pattern.strip() for pattern in variables.text(_TOPICS).split(","))
    return tuple(pattern for pattern in patterns if pattern)


def _checked(topics: object) -> tuple[str, ...]:
    given = tuple(topics) if isinstance(topics, Iterable) and not isinstance(topics, str | bytes) else (None,)
    if not all(isinstance(pattern, str) for pattern in given):
        raise TypeError(f"exclude_topics is {topics!r}: give patterns of topics, such as ['audit.*']")
    return given


def _boolean(keys: object) -> bool:
    if not isinstance(keys, bool):
        raise TypeError(f"message_keys is {keys!r}: give True or False")
    return keys
