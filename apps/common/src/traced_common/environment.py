"""Settings from environment variables: all are read, then one error names every wrong one."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar, cast

T = TypeVar("T")
_LONGEST_SHOWN = 80


class SettingsError(Exception):
    """What is wrong with the settings, one line for each; the process ends with exit code 2."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(["wrong settings:", *(f"  {problem}" for problem in problems)]))


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What a value must be, in words, and how to read it; `parse` raises ValueError, with details if any."""

    expected: str
    parse: Callable[[str], T]


class Environment:
    """Reads variables and collects what is wrong with them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.problems: list[str] = []

    def read(self, name: str, kind: Kind[T], default: T | None = None) -> T:
        """Read one variable; an empty one counts as not set."""
        text = self._variables.get(name, "").strip()
        if not text and default is not None:
            return default
        try:
            if text:
                return kind.parse(text)
            self.problems.append(f"{name} is not set: expected {kind.expected}")
        except ValueError as error:
            details = f" ({error})" if str(error) else ""
            self.problems.append(f"{name}={text[:_LONGEST_SHOWN]!r}: expected {kind.expected}{details}")
        return cast(T, None)  # never used: reading() raises

    def read_optional(self, name: str, kind: Kind[T]) -> T | None:
        """Read one variable that may be missing."""
        return self.read(name, kind) if self.has(name) else None

    def has(self, name: str) -> bool:
        """Return whether a variable is set, and not empty."""
        return bool(self._variables.get(name, "").strip())


@contextmanager
def reading(variables: Mapping[str, str]) -> Iterator[Environment]:
    """Read settings inside `with`; at its end SettingsError names all that were wrong."""
    environment = Environment(variables)
    yield environment
    if environment.problems:
        raise SettingsError(environment.problems)


def whole(least: int, most: int) -> Kind[int]:
    """Expect a whole number from `least` to `most`."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", text) or not least <= int(text) <= most:
            raise ValueError
        return int(text)

    return Kind(f"a whole number from {least} to {most}", parse)


def positive(most: float) -> Kind[float]:
    """Expect a number greater than 0, fractions allowed, up to `most`."""

    def parse(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not 0 < number <= most:
            raise ValueError
        return number

    return Kind(f"a number greater than 0, at most {most:.0f}", parse)


def one_of(*names: str) -> Kind[str]:
    """Expect one of these words, in any case."""

    def parse(text: str) -> str:
        if text.upper() not in names:
            raise ValueError
        return text.upper()

    return Kind(f"one of {', '.join(names)}", parse)


def matching(pattern: str, expected: str) -> Kind[str]:
    """Expect a text that the pattern matches as a whole."""

    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError
        return text

    return Kind(expected, parse)


def folder_of(expected: str, *files: str) -> Kind[Path]:
    """Expect a folder in which these files hold text."""

    def parse(text: str) -> Path:
        for file in files:
            file_text(Path(text) / file)
        return Path(text)

    return Kind(expected, parse)


def readable_file(expected: str) -> Kind[Path]:
    """Expect a file with text in it."""

    def parse(text: str) -> Path:
        file_text(Path(text))
        return Path(text)

    return Kind(expected, parse)


def file_text(path: Path) -> str:
    """Read a mounted file without its line end; ValueError says why it can't be, never what is in it."""
    try:
        text = path.read_text(encoding="utf-8").strip("\r\n")
    except UnicodeDecodeError:
        raise ValueError(f"{path.name}: not UTF-8") from None  # the original quotes the content
    except OSError as error:
        raise ValueError(f"{path.name}: {error.strerror}") from error
    if not text:
        raise ValueError(f"{path.name}: empty")
    return text
