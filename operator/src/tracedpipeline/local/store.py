"""The spans of a run in SQLite, so many bytes of them: then the traces go whose spans came first."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tracedpipeline.local.errors import LocalError
from tracedpipeline.local.otlp import Stored

FILE = "traces.sqlite"
MOST_BYTES = 64 * 2**20
# Of one trace no more is read back, whatever was sent.
MOST_SPANS = 5_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS origin (id INTEGER PRIMARY KEY, body BLOB NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS span (
    id INTEGER PRIMARY KEY, trace BLOB NOT NULL, span BLOB NOT NULL, service TEXT NOT NULL, name TEXT NOT NULL,
    start INTEGER NOT NULL, origin INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (trace, span)
);
CREATE INDEX IF NOT EXISTS span_by_start ON span (service, name, start);
"""
_NEWEST = "SELECT trace FROM span WHERE service = ? AND name = ? AND start BETWEEN ? AND ? ORDER BY start DESC"
_NEWEST_OF_ANY = "SELECT trace FROM span WHERE service = ? AND start BETWEEN ? AND ? ORDER BY start DESC"
_OF_TRACE = "SELECT origin.body, span.body FROM span JOIN origin ON origin.id = origin WHERE trace = ? LIMIT ?"
_ADD = "INSERT OR REPLACE INTO span (trace, span, service, name, start, origin, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
# Whole traces, and with them an eighth of the spans at least.
_FORGET = """
DELETE FROM span WHERE trace IN (
    SELECT trace FROM span ORDER BY id LIMIT 1 + (SELECT count(*) / 8 FROM span)
)
"""

Spans = Mapping[bytes, list[bytes]]


@dataclass(frozen=True)
class Query:
    """Spans that a trace has to have one of: their service, their name where it matters, when they began."""

    service: str
    name: str | None
    since: int
    until: int
    most: int


class Store:
    """The spans; what the disk refuses is a LocalError."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.path = folder / FILE
        self._most_bytes = most_bytes
        with self._told():
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(self.path)
            self._database.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; {_SCHEMA}")

    def take(self, spans: Iterable[Stored]) -> None:
        """Keep spans; one that comes again takes the place of the first."""
        with self._told(), self._database:
            ids = {origin: self._origin(origin) for origin in {span.origin for span in spans}}
            self._database.executemany(
                _ADD, [(s.trace_id, s.span_id, s.service, s.name, s.start, ids[s.origin], s.body) for s in spans]
            )
            while self._bytes() > self._most_bytes and self._database.execute(_FORGET).rowcount:
                self._database.execute("DELETE FROM origin WHERE id NOT IN (SELECT origin FROM span)")

    def _origin(self, body: bytes) -> int:
        self._database.execute("INSERT OR IGNORE INTO origin (body) VALUES (?)", (body,))
        (found,) = self._database.execute("SELECT id FROM origin WHERE body = ?", (body,)).fetchone()
        return int(found)

    def _bytes(self) -> int:
        pages, free, size = (
            self._database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def traces(self, query: Query) -> Spans:
        """Return all spans of the newest traces that have one of those that are looked for."""
        parameters = (query.service, *([] if query.name is None else [query.name]), query.since, query.until)
        ids: dict[bytes, None] = {}
        with self._told():
            for (trace,) in self._database.execute(_NEWEST_OF_ANY if query.name is None else _NEWEST, parameters):
                ids[trace] = None
                if len(ids) >= query.most:
                    break
            return self.spans(ids)

    def spans(self, traces: Iterable[bytes]) -> Spans:
        """Return the spans of traces by what their resource and scope are."""
        found: dict[bytes, list[bytes]] = defaultdict(list)
        with self._told():
            for trace in traces:
                for origin, body in self._database.execute(_OF_TRACE, (trace, MOST_SPANS)):
                    found[origin].append(body)
        return found

    def names(self, service: str) -> list[str]:
        """Return the names of a service's spans."""
        return self._texts("SELECT DISTINCT name FROM span WHERE service = ? ORDER BY name LIMIT 1000", service)

    def services(self) -> list[str]:
        """Return the services that sent spans."""
        return self._texts("SELECT DISTINCT service FROM span ORDER BY service LIMIT 1000")

    def _texts(self, statement: str, *parameters: str) -> list[str]:
        with self._told():
            return [text for (text,) in self._database.execute(statement, parameters)]

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LocalError(
                f"{self.path}: traces cannot be kept there: {error.strerror}; name another folder with --keep"
            ) from error
        except sqlite3.Error as error:
            raise LocalError(
                f"{self.path}: traces cannot be kept there: {error}; make room, or name another folder with --keep"
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()
