import pytest
from tracedpipeline import reasons
from tracedpipeline.jaeger import proof
from tracedpipeline.jaeger.traces import Span

from tests.unit.operator.jaeger.test_traces import JOURNEY, PROCESS, QUEUE, SEND, changed

AGAIN = changed(SEND, trace_id="t2")
KEPT = [changed(QUEUE, parent_id="", kept=True), changed(PROCESS, kept=True)]


def test_a_connected_trace_flows() -> None:
    verdict, last = proof.finding("orders", JOURNEY)
    assert verdict.reason == reasons.FLOWING
    assert last
    assert (last.trace_id, last.end_to_end_milliseconds) == ("t1", 40.0)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ([], reasons.NO_PRODUCER_SPANS),
        ([SEND], reasons.NO_CONSUMER_SPANS),
        ([SEND, changed(PROCESS, name="commit topic")], reasons.NO_CONSUMER_SPANS),
        ([changed(PROCESS, name="send topic.dlq", parent_id="")], reasons.NO_PRODUCER_SPANS),
        ([SEND, changed(PROCESS, parent_id="")], reasons.TRACES_NOT_CONNECTED),
        ([SEND, changed(QUEUE, parent_id=""), PROCESS], reasons.TRACES_NOT_CONNECTED),
        ([SEND, QUEUE, changed(PROCESS, parent_id="s1")], reasons.TRACES_NOT_CONNECTED),
        ([SEND, changed(QUEUE, service="other-kafka"), PROCESS], reasons.TRACES_NOT_CONNECTED),
        ([changed(SEND, service="gateway"), QUEUE, PROCESS, AGAIN], reasons.TRACES_NOT_CONNECTED),
        ([AGAIN, QUEUE, PROCESS], reasons.WAITING_FOR_SPANS),
        ([AGAIN, PROCESS], reasons.WAITING_FOR_SPANS),
        ([QUEUE, PROCESS], reasons.WAITING_FOR_SPANS),
        ([AGAIN, *KEPT], reasons.WAITING_FOR_SPANS),
        (KEPT, reasons.WAITING_FOR_SPANS),
        ([AGAIN, *KEPT, changed(PROCESS, trace_id="t3", parent_id="")], reasons.TRACES_NOT_CONNECTED),
        ([changed(SEND, kept=True)], reasons.NO_CONSUMER_SPANS),
    ],
    ids=[
        "silence",
        "no consumer",
        "a consumer that only commits",
        "the consumer's dead letter alone",
        "process is a root",
        "the message came without a header",
        "no queue span between",
        "another cluster's queue",
        "a proxy's own send",
        "the send span of what is processed is not there yet",
        "nor is the queue span",
        "no send span at all is there yet",
        "what is processed was not sampled",
        "nothing was sampled",
        "beside what was not sampled, a message without a header",
        "a failed send that was not sampled",
    ],
)
def test_the_reason_names_the_broken_hop(found: list[Span], reason: str) -> None:
    assert proof.finding("orders", found)[0].reason == reason


@pytest.mark.parametrize(
    ("complete", "overdue", "kept", "reason"),
    [
        (JOURNEY, [], False, reasons.FLOWING),
        ([], [], False, reasons.WAITING_FOR_SPANS),
        ([QUEUE, PROCESS], [QUEUE], True, reasons.TRACES_NOT_CONNECTED),
        ([QUEUE, PROCESS], [QUEUE], False, reasons.CONSUMER_BEHIND),
        ([], [QUEUE], False, reasons.CONSUMER_BEHIND),
        ([changed(QUEUE, parent_id=""), PROCESS], [], False, reasons.TRACES_NOT_CONNECTED),
    ],
    ids=[
        "what is older is connected",
        "nothing is old enough",
        "what is older than the missing span is there",
        "Jaeger keeps nothing so old",
        "even of the newest the send span would have come",
        "all that is older came without a header",
    ],
)
def test_the_second_look(complete: list[Span], overdue: list[Span], kept: bool, reason: str) -> None:
    assert proof.second_finding("orders", [AGAIN, QUEUE, PROCESS], complete, overdue, kept=kept)[0].reason == reason


@pytest.mark.parametrize(
    ("complete", "reason"),
    [
        (KEPT, reasons.WAITING_FOR_SPANS),
        ([], reasons.WAITING_FOR_SPANS),
        ([*KEPT, *(changed(span, trace_id="t4") for span in JOURNEY)], reasons.FLOWING),
        ([*KEPT, changed(PROCESS, trace_id="t4", parent_id="")], reasons.TRACES_NOT_CONNECTED),
    ],
)
def test_the_second_look_where_all_that_is_new_was_not_sampled(complete: list[Span], reason: str) -> None:
    assert proof.second_finding("orders", [AGAIN, *KEPT], complete, [], kept=True)[0].reason == reason


def test_without_producer_spans_a_consumer_is_not_called_late() -> None:
    newest = [QUEUE, PROCESS]
    assert proof.second_finding("orders", newest, newest, [QUEUE], kept=False)[0].reason == reasons.NO_PRODUCER_SPANS


LOOK_BETWEEN = (
    "orders-producer and orders-consumer send spans, but no recent trace goes send, queue, process: "
    "does something between them drop the traceparent header?"
)
NOT_SAMPLED = (
    "the newest spans of orders-consumer are of slow or failed messages that were not sampled: they prove nothing"
)
NO_SEND = "Jaeger has no recent span of orders-producer: look at the producer's log and the Collector's"
WAITING = "the newest spans of orders-consumer continue traces whose spans of orders-producer are not in Jaeger yet"


@pytest.mark.parametrize(
    ("found", "ok", "message"),
    [
        (JOURNEY, True, "a connected trace was read back from Jaeger"),
        ([], False, NO_SEND),
        (
            [SEND],
            False,
            "Jaeger has spans of orders-producer, but no recent one of orders-consumer: "
            "look at the consumer's log and lag",
        ),
        ([SEND, changed(PROCESS, parent_id="")], False, LOOK_BETWEEN),
        ([QUEUE, PROCESS], None, WAITING),
        ([AGAIN, *KEPT], None, NOT_SAMPLED),
    ],
)
def test_what_is_told_of_the_first_look(found: list[Span], ok: bool | None, message: str) -> None:
    verdict, last = proof.finding("orders", found)
    assert (verdict.ok, verdict.message) == (ok, message)
    assert bool(last) == bool(ok)


HOUR = 3_600_000_000_000


def waited(minutes: float) -> Span:
    return changed(QUEUE, start=HOUR, end=HOUR + int(minutes * 60e9))


@pytest.mark.parametrize(
    ("complete", "overdue", "ok", "message"),
    [
        (JOURNEY, [], True, "a connected trace was read back from Jaeger"),
        ([], [], None, WAITING),
        ([changed(QUEUE, parent_id=""), PROCESS], [], False, LOOK_BETWEEN),
        *(
            (
                [],
                [changed(waited(1000), start=HOUR - 1), waited(minutes), changed(QUEUE, start=0)],
                None,
                "orders-consumer is behind: it processes messages that have waited about "
                f"{told} min, and Jaeger no longer has the spans of orders-producer from then; "
                "raise consumer.replicas or lower producer.ratePerSecond",
            )
            for minutes, told in ((0.1, 1), (1.4, 1), (1.5, 2), (1.6, 2), (2, 2), (90, 90))
        ),
    ],
)
def test_what_is_told_of_the_second_look(
    complete: list[Span], overdue: list[Span], ok: bool | None, message: str
) -> None:
    verdict, last = proof.second_finding("orders", [AGAIN, QUEUE, PROCESS], complete, overdue, kept=False)
    assert (verdict.ok, verdict.message) == (ok, message)
    assert bool(last) == bool(ok)


def test_what_is_told_where_no_send_span_is_there() -> None:
    verdict, last = proof.second_finding("orders", [QUEUE, PROCESS], [], [QUEUE], kept=False)
    assert (verdict.ok, verdict.message, last) == (False, NO_SEND, None)
