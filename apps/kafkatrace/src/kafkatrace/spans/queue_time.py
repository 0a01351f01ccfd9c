"""The time between a record's timestamp and the poll that returned it; nothing is clamped in silence."""

from dataclasses import dataclass
from typing import Final

from kafkatrace.spans import otlp, protobuf, semconv

NS_PER_MS: Final = 1_000_000
_LARGEST_MS: Final = (2**63 - 1) // NS_PER_MS
_TYPES: Final = {1: "CreateTime", 2: "LogAppendTime"}


@dataclass(frozen=True, slots=True)
class QueueTime:
    """A record's wait, nanoseconds since the epoch; `appended_ns` is None without a usable timestamp.

    With CreateTime the clock at the beginning is the producer's, with LogAppendTime the broker's; at the end
    it is always the consumer's.
    """

    timestamp_type: str
    appended_ns: int | None
    polled_ns: int
    poll_known: bool = True

    @property
    def skewed(self) -> bool:
        """Whether the record came out before it went in: two clocks disagree."""
        return self.appended_ns is not None and self.appended_ns > self.polled_ns

    @property
    def span_times(self) -> tuple[int, int]:
        """Start and end of the queue span; no length when the start is unknown or after the end.

        Exporters hold a negative length for an enormous one, so the attributes carry it instead.
        """
        if self.appended_ns is None or self.skewed:
            return self.polled_ns, self.polled_ns
        return self.appended_ns, self.polled_ns

    def milliseconds_until(self, time_ns: int) -> float | None:
        """Measure from the record's timestamp to `time_ns`; negative where the clocks disagree."""
        return None if self.appended_ns is None else (time_ns - self.appended_ns) / NS_PER_MS

    def kind_attributes(self) -> bytes:
        """Encode what the queue span and the process span tell of the wait besides its length."""
        return _KINDS[self.timestamp_type, self.appended_ns is not None, self.skewed, self.poll_known]


def queue_time(timestamp: tuple[int, int], polled_ns: int | None, now_ns: int) -> QueueTime:
    """Work out the wait from Message.timestamp(); without a known poll time it ends now."""
    return QueueTime(
        timestamp_type=_TYPES.get(timestamp[0], "none"),
        appended_ns=appended_ns(*timestamp),
        polled_ns=now_ns if polled_ns is None else polled_ns,
        poll_known=polled_ns is not None,
    )


def appended_ns(kind: int, milliseconds: int) -> int | None:
    """Return a record's timestamp in nanoseconds since the epoch.

    It is the producer's to choose: one before 1970 or beyond 64-bit nanoseconds fits into no span and is none.
    """
    return milliseconds * NS_PER_MS if kind in _TYPES and 0 <= milliseconds <= _LARGEST_MS else None


def _encoded(kind: str, stamped: bool, skewed: bool, known: bool) -> bytes:
    attributes: dict[str, object] = {semconv.TIMESTAMP_TYPE: kind}
    if stamped:
        attributes[semconv.TIMESTAMP_RESOLUTION] = 1  # so the start may lie up to 1 ms before the send span's
    if skewed:
        attributes[semconv.CLOCK_SKEW] = True
    if not known:
        attributes[semconv.POLL_TIME_KNOWN] = False
    return protobuf.attributes(otlp.ATTRIBUTE, attributes)


_BOTH: Final = (False, True)
_KINDS: Final = {
    (kind, stamped, skewed, known): _encoded(kind, stamped, skewed, known)
    for kind in ("none", *_TYPES.values())
    for stamped in _BOTH
    for skewed in _BOTH
    for known in _BOTH
}
# of a record with a timestamp that came out after it went in: by type, and by whether the poll time is known
USUAL_KINDS: Final = tuple(_KINDS[kind, True, False, known] for kind in _TYPES.values() for known in _BOTH)
