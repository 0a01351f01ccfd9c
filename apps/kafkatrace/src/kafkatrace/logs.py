"""Log lines that say which message, and which trace, they are about."""

import logging
from typing import Final

from opentelemetry import trace
from opentelemetry.context import get_current

from kafkatrace.spans.message_span import MESSAGE_KEY, MessageSpan

_NOTHING: Final = ""


class LogFilter:
    """Adds to each log record what the current context is, for a formatter to show; it lets all records through.

    trace_id and span_id are those of the current span. Inside process() topic, partition and offset are the message's;
    of one that is not sampled, the topic alone. kafka is all of them as text that goes behind a message, with a blank
    before it. What is not known is empty. Add it to a handler: a logger's filter does not see what its children log.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the attributes to the record, unless it has such already."""
        for name, value in _about().items():
            record.__dict__.setdefault(name, value)
        return True


def _about() -> dict[str, object]:
    context = get_current()
    span = trace.get_current_span(context).get_span_context()
    about: dict[str, object] = dict.fromkeys(("trace_id", "span_id", "topic", "partition", "offset"), _NOTHING)
    if span.is_valid:
        about.update(trace_id=f"{span.trace_id:032x}", span_id=f"{span.span_id:016x}")
    message = context.get(MESSAGE_KEY)
    if isinstance(message, MessageSpan) and message.topic:
        about.update(topic=message.topic)
        if message.recording:
            about.update(partition=message.partition, offset=message.offset)
    shown = " ".join(f"{name}={value}" for name, value in about.items() if value is not _NOTHING)
    return {**about, "kafka": f" [{shown}]" if shown else _NOTHING}
