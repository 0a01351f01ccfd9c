"""What spans that were read back from Jaeger prove, and which hop is broken where they prove nothing. Pure."""

from collections.abc import Sequence

from tracedpipeline import naming, reasons
from tracedpipeline.jaeger import traces
from tracedpipeline.jaeger.traces import Span
from tracedpipeline.observed import LastTrace
from tracedpipeline.verdict import Verdict

Finding = tuple[Verdict, LastTrace | None]


def finding(pipeline: str, found: Sequence[Span]) -> Finding:
    """Return whether traces flow; where not, the reason names the broken hop.

    `found` are the newest traces with a send span of the producer, and those with a process span of the consumer.
    WaitingForSpans is said where a parent was not read back: only a later look can tell whether it ever comes. It is
    said, too, where all that the consumer processed was not sampled.
    """
    if connected := traces.journeys(pipeline, found):
        return Verdict(True, reasons.FLOWING, "a connected trace was read back from Jaeger"), connected[0].last_trace
    if traces.awaiting_parent(pipeline, found):
        return _waiting(pipeline), None
    if are_kept(pipeline, found):
        return _only_kept(pipeline), None
    producer, consumer = _ends(pipeline)
    if not any(traces.is_send(span, pipeline) for span in found):
        return _no_producer_spans(pipeline), None
    if not any(traces.is_process(span, pipeline) for span in found):
        message = f"Jaeger has spans of {producer}, but no recent one of {consumer}: look at the consumer's log and lag"
        return Verdict(False, reasons.NO_CONSUMER_SPANS, message), None
    return _not_connected(pipeline), None


def second_finding(
    pipeline: str, newest: Sequence[Span], complete: Sequence[Span], overdue: Sequence[Span], *, kept: bool
) -> Finding:
    """Return what a second look proves, `complete`: traces so old that all of their spans had the time to arrive.

    `overdue` are the spans of both looks whose parent had that time; `kept` tells whether Jaeger has send spans that
    are older than the latest of these parents.
    """
    if traces.journeys(pipeline, complete):
        return finding(pipeline, complete)
    if not overdue and not any(traces.is_process(span, pipeline) and not span.kept for span in complete):
        return (_only_kept if are_kept(pipeline, newest) else _waiting)(pipeline), None
    if not any(traces.is_send(span, pipeline) for span in newest):
        return _no_producer_spans(pipeline), None
    return (_behind(pipeline, latest(overdue)) if overdue and not kept else _not_connected(pipeline)), None


def are_kept(pipeline: str, found: Sequence[Span]) -> bool:
    """Return whether all that the consumer processed was kept without being sampled: it has no send span."""
    processed = [span for span in found if traces.is_process(span, pipeline)]
    return bool(processed) and all(span.kept for span in processed)


def latest(waiting: Sequence[Span]) -> Span:
    """Return the span whose message has waited least."""
    return max(waiting, key=lambda span: span.start)


def _ends(pipeline: str) -> tuple[str, str]:
    return naming.component(pipeline, naming.PRODUCER), naming.component(pipeline, naming.CONSUMER)


def _waiting(pipeline: str) -> Verdict:
    producer, consumer = _ends(pipeline)
    message = f"the newest spans of {consumer} continue traces whose spans of {producer} are not in Jaeger yet"
    return Verdict(None, reasons.WAITING_FOR_SPANS, message)


def _only_kept(pipeline: str) -> Verdict:
    _, consumer = _ends(pipeline)
    message = f"the newest spans of {consumer} are of slow or failed messages that were not sampled: they prove nothing"
    return Verdict(None, reasons.WAITING_FOR_SPANS, message)


def _no_producer_spans(pipeline: str) -> Verdict:
    producer, _ = _ends(pipeline)
    message = f"Jaeger has no recent span of {producer}: look at the producer's log and the Collector's"
    return Verdict(False, reasons.NO_PRODUCER_SPANS, message)


def _behind(pipeline: str, waited: Span) -> Verdict:
    producer, consumer = _ends(pipeline)
    # Whole minutes: a message that changes with each look would be a write each time.
    minutes = max(round((waited.end - waited.start) / 60e9), 1)
    message = (
        f"{consumer} is behind: it processes messages that have waited about {minutes} min, and Jaeger no longer has "
        f"the spans of {producer} from then; raise consumer.replicas or lower producer.ratePerSecond"
    )
    return Verdict(None, reasons.CONSUMER_BEHIND, message)


def _not_connected(pipeline: str) -> Verdict:
    producer, consumer = _ends(pipeline)
    message = (
        f"{producer} and {consumer} send spans, but no recent trace goes send, queue, process: "
        "does something between them drop the traceparent header?"
    )
    return Verdict(False, reasons.TRACES_NOT_CONNECTED, message)
