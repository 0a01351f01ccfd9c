"""What the reader prints, read line by line: progress, and at its end facts or an error. Pure."""

from dataclasses import dataclass
from typing import Any

from tracedpipeline.find import facts
from tracedpipeline.find.facts import Facts
from tracedpipeline.untrusted import documents
from tracedpipeline.untrusted.documents import DocumentError
from tracedpipeline.untrusted.quoting import one_line

MODULE = "traced_common.finding"
MOST_BYTES = 4 * 2**20
_MARK = "tracedpipeline.find"


class ReaderError(Exception):
    """The reader did not run, or did not come to an end; the message says why."""


@dataclass
class Printed:
    """What the reader has printed so far; lines that are not its own are of libraries, the last of them is kept."""

    facts: Facts | None = None
    error: str = ""
    last: str = ""

    def take(self, line: str) -> str:
        """Take a line; the result is progress to tell of, empty where there is none."""
        try:
            ours = documents.mapping(documents.parse(line), _MARK)
        except DocumentError:
            self.last = one_line(line) or self.last
            return ""
        try:
            return self._take(ours)
        except DocumentError as error:
            raise ReaderError(f"the reader answers, but not as expected: {error}") from error

    def _take(self, ours: Any) -> str:
        if "facts" in ours:
            self.facts = facts.read(documents.mapping(ours, "facts"))
        if "error" in ours:
            self.error = documents.text(ours, "error")
        if "progress" not in ours:
            return ""
        progress = documents.mapping(ours, "progress")
        read = documents.whole(progress, "bytes") / 2**20
        return f"{documents.whole(progress, 'records')} records read, {read:.1f} MiB"

    def end(self) -> Facts:
        """Return the facts; raises ReaderError where there are none."""
        if self.facts is None:
            raise ReaderError(one_line(self.error or self.last or "the reader ended without an answer", 1000))
        return self.facts
