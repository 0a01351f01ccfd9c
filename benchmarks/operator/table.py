"""The rows of the table: what it was once, what it must be, what it is."""

from dataclasses import dataclass
from typing import Final

COLUMNS: Final = "{:<52} {:>22} {:>22} {:>30}  {}"


@dataclass(frozen=True)
class Row:
    """A figure, or several; `good` is None where it could not be measured."""

    what: str
    once: str
    must: str
    now: str
    good: bool | None


def print_header() -> None:
    """Print what the columns are."""
    print(COLUMNS.format("what", "first measured", "must", "now", ""), flush=True)


def print_row(row: Row) -> Row:
    """Print a row and return it."""
    sign = {True: "ok", False: "MISSED", None: "not measured"}[row.good]
    print(COLUMNS.format(row.what, row.once, row.must, row.now, sign), flush=True)
    return row
