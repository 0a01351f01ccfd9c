"""The mutants that may survive, each with its reason: one line each of explained.txt."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("explained.txt")


@dataclass(frozen=True, order=True)
class Change:
    """Which function was changed, and how."""

    function: str
    text: str

    def __str__(self) -> str:
        return f"{self.function}: {self.text}"


def read(lines: Iterable[str]) -> dict[Change, str]:
    """Return the reason of each change that is explained."""
    explained = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        change, mark, reason = line.rpartition("  # ")
        function, colon, text = change.partition(": ")
        if not (mark and colon and reason.strip()):
            raise SystemExit(f"{FILE}:{number}: write `function: before => after  # why no test can notice`")
        explained[Change(function, text)] = reason.strip()
    return explained


def stale(explained: Iterable[Change], survived: set[Change], modules: set[str]) -> list[Change]:
    """Return what is explained of the modules that were mutated, and no longer survives."""
    return sorted(
        change
        for change in explained
        if change not in survived and any(change.function.startswith(f"{module}.") for module in modules)
    )
