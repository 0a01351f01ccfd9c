"""What a program of the pipeline's image prints, line by line: progress, at its end facts or an error. Pure."""

from dataclasses import dataclass

from tracedpipeline.untrusted import documents
from tracedpipeline.untrusted.documents import Document, DocumentError
from tracedpipeline.untrusted.quoting import one_line

FIND, REDRIVE = "find", "redrive"
MODULES = {FIND: "traced_common.finding", REDRIVE: "traced_common.redriving"}
MOST_BYTES = 4 * 2**20


class ReaderError(Exception):
    """The program did not run, or did not come to an end; the message says why."""


@dataclass
class Printed:
    """What a program has printed so far; lines that are not its own are of libraries, the last of them is kept."""

    program: str
    facts: Document | None = None
    error: str = ""
    last: str = ""

    def take(self, line: str) -> str:
        """Take a line; the result is progress to tell of, empty where there is none."""
        try:
            ours = documents.mapping(documents.parse(line), f"tracedpipeline.{self.program}")
        except DocumentError:
            self.last = one_line(line) or self.last
            return ""
        try:
            return self._take(ours)
        except DocumentError as error:
            raise unexpected(error) from error

    def _take(self, ours: Document) -> str:
        if "facts" in ours:
            self.facts = documents.mapping(ours, "facts")
        if "error" in ours:
            self.error = documents.text(ours, "error")
        progress = documents.mapping(ours, "progress")
        if "redriven" in progress:
            return f"{documents.whole(progress, 'redriven')} sent back"
        if "records" in progress:
            read = documents.whole(progress, "bytes") / 2**20
            return f"{documents.whole(progress, 'records')} records read, {read:.1f} MiB"
        return ""

    def end(self) -> Document:
        """Return the facts; raises ReaderError where there are none."""
        if self.facts is None:
            raise ReaderError(one_line(self.error or self.last or "the reader ended without an answer", 1000))
        return self.facts


def unexpected(error: DocumentError) -> ReaderError:
    """Return the error of facts that are none."""
    return ReaderError(f"the reader answers, but not as expected: {error}")
