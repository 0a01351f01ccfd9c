"""Late keep: a message that nobody sampled gets its spans at its end, where it was slow or failed.

Nothing is held back for that: until then the span has a reference to its message and one more number.
"""

from collections.abc import Callable
from typing import Any, Final

from confluent_kafka import Message

from kafkatrace.context.late_keep import LateKeep
from kafkatrace.spans import kept
from kafkatrace.spans.message_span import MessageSpan
from kafkatrace.spans.queue_time import appended_ns

NEVER: Final = (1 << 63) - 1


class Keeping:
    """What one consumer keeps; `span_id` gives a new id."""

    def __init__(self, late_keep: LateKeep, span_id: Callable[[], bytes]) -> None:
        self.any = late_keep.any
        self.errors = late_keep.errors
        self.limit = NEVER if late_keep.slower_than is None else late_keep.slower_than
        self._span_id = span_id

    def watch(self, span: MessageSpan, message: Message) -> None:
        """Begin with a span that is not recorded; the C extension does the same."""
        span.message = message
        span.keep_after = self._slow_after(span)

    def reason(self, span: MessageSpan) -> str | None:
        """Return why a span that has ended is kept, None where it is not."""
        if self.errors and span.has_failed:
            return kept.ERROR
        return kept.SLOW if span.ended_at > self._slow_after(span) else None

    def complete(self, span: MessageSpan, reason: str) -> None:
        """Read all that a recorded span has, into one that ended."""
        message: Any = span.message
        span.partition, span.offset = message.partition(), message.offset()
        span.key, span.tombstone, span.lag = message.key(), message.value() is None, None
        if not hasattr(span, "sender"):  # it followed its sender, as most do
            span.sender = span.traceparent
        span.queue_id = self._span_id()
        begins = span.sender is None or span.linked  # then its id is its own, else the sender's
        own = span.traceparent[36:52] if begins else self._span_id()
        span.kept = kept.Kept(reason, kept.sampled(span.traceparent, own))
        span.recording = True

    def _slow_after(self, span: MessageSpan) -> int:
        """Return until when its end is in time.

        From its timestamp on; where that is unusable, or later than its poll because clocks disagree, from the poll on.
        """
        if self.limit == NEVER:
            return NEVER
        appended = appended_ns(span.timestamp_type, span.timestamp)
        seen = min(span.polled or span.start, span.start)
        return (seen if appended is None else min(appended, seen)) + self.limit
