"""What the reader found in Kafka, its types checked: it runs in the pipeline's own image. Pure."""

import base64
import binascii
from dataclasses import dataclass

from tracedpipeline.untrusted import documents
from tracedpipeline.untrusted.documents import Document, DocumentError

_CONTEXT = 55
_LONGEST_REASON = 1000


@dataclass(frozen=True)
class Record:
    """A record of the topic, or of the dead-letter topic; times are Unix milliseconds."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value_bytes: int | None
    traceparent: str = ""
    value: bytes | None = None

    @property
    def place(self) -> tuple[int, int]:
        """Partition and offset."""
        return self.partition, self.offset

    @property
    def trace_id(self) -> str:
        """The trace that it belongs to, empty without one."""
        return self.traceparent[3:35] if len(self.traceparent) == _CONTEXT else ""

    @property
    def sampled(self) -> bool:
        """Whether its producer decided to record the trace."""
        return bool(self.trace_id) and self.traceparent[-1] in "13579bdf"


@dataclass(frozen=True)
class Letter:
    """A dead letter, and the place that it comes from.

    `redriven` tells whether it was sent back to the topic since; None: that is not known.
    """

    record: Record
    origin: tuple[int, int]
    reason: str
    redriven: bool | None = False


@dataclass(frozen=True)
class Partition:
    """A partition's log, and what the group has committed, some seconds before and now.

    Readers get what is below `end`; from there to `written` it is part of a transaction that is open.
    """

    start: int
    end: int
    written: int
    committed: int | None = None
    committed_before: int | None = None


@dataclass(frozen=True)
class Scan:
    """How far a topic was read; `stopped` names what ran out, `unknown` says why it could not be read."""

    records: int = 0
    bytes: int = 0
    stopped: str = ""
    unknown: str = ""


@dataclass(frozen=True)
class Facts:
    """All that Kafka knows; `members` is how many the group has, None where that is not known."""

    now: int
    topic: str
    group: str
    dead_letter_topic: str
    seconds: float
    partitions: dict[int, Partition]
    records: tuple[Record, ...] = ()
    letters: tuple[Letter, ...] = ()
    members: int | None = None
    scan: Scan = Scan()
    letter_scan: Scan = Scan()


def read(document: Document) -> Facts:
    """Return the facts; raises DocumentError where there are none."""
    letters = documents.mapping(document, "letters")
    return Facts(
        now=documents.whole(document, "now"),
        topic=documents.text(document, "topic"),
        group=documents.text(document, "group"),
        dead_letter_topic=documents.text(document, "dead_letter_topic"),
        seconds=_number(document, "seconds"),
        partitions={
            documents.whole(each, "partition"): _partition(each) for each in documents.mappings(document, "partitions")
        },
        records=tuple(_record(each) for each in documents.mappings(document, "records")),
        letters=tuple(_letter(each) for each in documents.mappings(letters, "found")),
        members=_optional(documents.mapping(document, "members"), "count"),
        scan=_scan(documents.mapping(document, "scan")),
        letter_scan=_scan(documents.mapping(letters, "scan"), documents.text(letters, "unknown", "")),
    )


def _partition(document: Document) -> Partition:
    start, end, written = (documents.whole(document, name) for name in ("start", "end", "written"))
    return Partition(start, end, written, _optional(document, "committed"), _optional(document, "committed_before"))


def _record(document: Document) -> Record:
    return Record(
        partition=documents.whole(document, "partition"),
        offset=documents.whole(document, "offset"),
        timestamp=documents.whole(document, "timestamp"),
        key=_content(document, "key"),
        value_bytes=_optional(document, "value_bytes"),
        traceparent=documents.text(document, "traceparent", ""),
        value=_content(document, "value"),
    )


def _letter(document: Document) -> Letter:
    origin = documents.mapping(document, "origin")
    place = documents.whole(origin, "partition", -1), documents.whole(origin, "offset", -1)
    reason = documents.text(origin, "reason", "no reason is given")[:_LONGEST_REASON]
    return Letter(
        _record(document),
        place,
        reason,
        document.get("redriven") if isinstance(document.get("redriven"), bool) else None,
    )


def _scan(document: Document, unknown: str = "") -> Scan:
    return Scan(
        records=documents.whole(document, "records", 0),
        bytes=documents.whole(document, "bytes", 0),
        stopped=documents.text(document, "stopped", ""),
        unknown=unknown,
    )


def _optional(document: Document, name: str) -> int | None:
    return None if document.get(name) is None else documents.whole(document, name)


def _number(document: Document, name: str) -> float:
    found = document.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise DocumentError(f"{name} is no number")
    return float(found)


def _content(document: Document, name: str) -> bytes | None:
    if document.get(name) is None:
        return None
    try:
        return base64.b64decode(documents.text(document, name), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DocumentError(f"{name} is no base64") from error
