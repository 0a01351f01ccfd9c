"""Environment variables: what cannot be followed is logged by name with what is used instead, and never raises."""

import logging
import math
from collections.abc import Collection, Mapping
from typing import Final

_logger = logging.getLogger("kafkatrace")
_LONGEST: Final = 80  # characters of a value in the log
_MOST_DIGITS: Final = 12  # 31,000 years of milliseconds


class Variables:
    """The variables of one configure(); each that cannot be followed is logged once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._refused: set[str] = set()

    @property
    def readable(self) -> bool:
        """Whether there are any: with OTEL_SDK_DISABLED nothing is read."""
        return bool(self._environment)

    def text(self, name: str) -> str:
        """Return a variable without the white space around it; empty where it is not set."""
        return self._environment.get(name, "").strip()

    def names(self, name: str) -> list[str]:
        """Return a list's entries in lower case, each once."""
        entries = (entry.strip().lower() for entry in self.text(name).split(","))
        return list(dict.fromkeys(entry for entry in entries if entry))

    def refuse(self, name: str, wrong: str, used: str, *, shown: str | None = None) -> None:
        """Log what is wrong with a variable and what is used instead; `shown` takes the place of its value."""
        if name in self._refused:
            return
        self._refused.add(name)
        value = repr(self.text(name)) if shown is None else shown
        value = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
        _logger.warning("%s is %s: %s; using %s instead", name, value, wrong, used)

    def choice(self, name: str, known: Collection[str], default: str) -> str:
        """Return one of the known values, in lower case."""
        value = self.text(name).lower() or default
        if value in known:
            return value
        self.refuse(name, f"known are {', '.join(known)}", default)
        return default

    def boolean(self, name: str) -> bool:
        """Return whether a variable is `true`."""
        return self.choice(name, ("true", "false"), "false") == "true"

    def whole(self, name: str, default: int | None, least: int = 1) -> int | None:
        """Return a whole number."""
        text = self.text(name)
        if not text:
            return default
        if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS and int(text) >= least:
            return int(text)
        used = "no limit" if default is None else str(default)
        self.refuse(name, f"give a whole number from {least} to {'9' * _MOST_DIGITS}", used)
        return default

    def number(self, name: str, default: float, most: float) -> float | None:
        """Return a number above 0 and up to `most`, None where there is none that can be used."""
        try:
            value = float(self.text(name) or default)
        except ValueError:
            return None
        return value if math.isfinite(value) and 0 <= value <= most else None
