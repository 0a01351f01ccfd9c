"""The time between a record's timestamp and the poll that returned it; nothing is clamped in silence."""

from dataclasses import dataclass
from typing import Final

from opentelemetry.util.types import AttributeValue

from kafkatrace import semconv

_NS_PER_MS: Final = 1_000_000
_LARGEST_MS: Final = (2**63 - 1) // _NS_PER_MS
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
        return None if self.appended_ns is None else (time_ns - self.appended_ns) / _NS_PER_MS

    def attributes(self) -> dict[str, AttributeValue]:
        """Say what the queue span and the process span tell of the wait."""
        attributes: dict[str, AttributeValue] = {semconv.TIMESTAMP_TYPE: self.timestamp_type}
        if (waited := self.milliseconds_until(self.polled_ns)) is not None:
            attributes[semconv.QUEUE_MILLISECONDS] = waited
            attributes[semconv.TIMESTAMP_RESOLUTION] = 1  # so the start may lie up to 1 ms before the send span's
        if self.skewed:
            attributes[semconv.CLOCK_SKEW] = True
        if not self.poll_known:
            attributes[semconv.POLL_TIME_KNOWN] = False
        return attributes


def queue_time(timestamp: tuple[int, int], polled_ns: int | None, now_ns: int) -> QueueTime:
    """Work out the wait from Message.timestamp(); without a known poll time it ends now.

    A timestamp is the producer's to choose: one before 1970 or beyond 64-bit nanoseconds would fail the
    encoding of every span exported with it, so it counts as none.
    """
    kind, milliseconds = timestamp
    usable = kind in _TYPES and 0 <= milliseconds <= _LARGEST_MS
    return QueueTime(
        timestamp_type=_TYPES.get(kind, "none"),
        appended_ns=milliseconds * _NS_PER_MS if usable else None,
        polled_ns=now_ns if polled_ns is None else polled_ns,
        poll_known=polled_ns is not None,
    )
