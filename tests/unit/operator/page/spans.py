"""Messages as the trace store returns them."""

from typing import Any

from tracedpipeline.jaeger.traces import Span

MS = 1_000_000
START = 1_700_000_000_000 * MS


def message(number: int, took: float = 20, **of_process: Any) -> list[Span]:
    """The spans of one message, `took` milliseconds from the record's timestamp to the end of its process span."""
    trace, sent = f"{number:032x}", START + number * 1000 * MS
    end = sent + int((1 + took) * MS)
    return [
        Span(trace, "a", "", "orders-producer", "send traced-topic", sent, sent + 3 * MS),
        Span(trace, "b", "a", "orders-kafka", "queue traced-topic", sent + MS, sent + 2 * MS),
        Span(trace, "c", "b", "orders-consumer", "process traced-topic", sent + 2 * MS, end, **of_process),
    ]
