"""From facts to where a message is: a row for each answer."""

from dataclasses import replace
from typing import Any

import pytest
from tracedpipeline.find import report
from tracedpipeline.find.answer import Evidence, Where, of_record
from tracedpipeline.find.facts import Facts, Letter, Partition, Record, Scan
from tracedpipeline.find.missing import of_place, of_search
from tracedpipeline.find.question import Question
from tracedpipeline.jaeger.traces import Span

NOW = 1_795_826_400_000
TRACE = "4" * 32
RECORD = Record(0, 50, NOW - 60_000, b"customer-7", 120, f"00-{TRACE}-{'1' * 16}-01")
LETTER = Letter(replace(RECORD, offset=3), (0, 50), "not JSON: line 1")
IDLE = Partition(10, 100, 100, committed=40, committed_before=40)
PAST = replace(IDLE, committed=60, committed_before=60)


def span(error: str = "", offset: int | None = 50, service: str = "orders-consumer", trace: str = TRACE) -> Span:
    end = (NOW - 12_000) * 1_000_000
    place = None if offset is None else (0, offset)
    return Span(trace, "c", "b", service, "process orders", end - 20_000_000, end, place, error)


def facts(partition: Partition = IDLE, **more: Any) -> Facts:
    known: dict[str, Any] = {"records": (RECORD,), "members": 1, **more}
    return Facts(NOW, "orders", "group", "orders.dlq", 3.0, {0: partition}, **known)


def answer(known: Facts, *spans: Span, checkpoints: bool = False, store: bool = True) -> tuple[Where, str]:
    found = of_record(Evidence("orders", known, spans if store else None, checkpoints), known.records[0])
    return found.where, found.text


STILL = "nothing was committed in the last 3 s"
NOBODY = "nobody reads: group group has no members"


@pytest.mark.parametrize(
    ("partition", "text"),
    [
        (replace(IDLE, committed_before=39), "10 records are before it, about 30 s at 0.333 records a second"),
        (Partition(0, 100, 100, 40), "10 records are before it, about 1 s at 13.3 records a second"),
        (Partition(0, 100, 100), f"50 records are before it; {STILL}"),
    ],
    ids=["slow", "new", "none yet"],
)
def test_the_pace_is_that_of_what_was_committed_meanwhile(partition: Partition, text: str) -> None:
    assert answer(facts(partition)) == (Where.QUEUED, text)


def test_behind_a_group_that_reads_it_says_how_many_and_about_how_long() -> None:
    reading = replace(IDLE, committed=40, committed_before=25)
    assert answer(facts(reading)) == (Where.QUEUED, "10 records are before it, about 2 s at 5 records a second")


@pytest.mark.parametrize(
    ("partition", "members", "text"),
    [
        (IDLE, 1, f"10 records are before it; {STILL}"),
        (IDLE, 0, f"10 records are before it; {NOBODY}"),
        (replace(IDLE, committed=50), 0, f"no record is before it; {NOBODY}"),
        (replace(IDLE, committed=50, committed_before=50), None, f"no record is before it; {STILL}"),
        (replace(IDLE, committed=None, committed_before=None), 0, f"40 records are before it; {NOBODY}"),
        (replace(IDLE, committed=5, committed_before=5), 0, f"40 records are before it; {NOBODY}"),
        (replace(IDLE, committed=49, committed_before=49), None, f"1 record is before it; {STILL}"),
    ],
)
def test_queued(partition: Partition, members: int | None, text: str) -> None:
    assert answer(facts(partition, members=members)) == (Where.QUEUED, text)


def test_the_first_that_is_not_committed_may_be_in_progress() -> None:
    where, text = answer(facts(replace(IDLE, committed=50)))
    assert where == Where.IN_PROGRESS and "the first record that group group has not committed" in text


def test_what_failed_is_tried_again() -> None:
    where, text = answer(facts(), span("ValueError: no stock"))
    assert where == Where.IN_PROGRESS and text.endswith("tries again: ValueError: no stock")


@pytest.mark.parametrize("offset", [50, None])
def test_processed(offset: int | None) -> None:
    text = f"2026-11-28 00:39:48 UTC (12 s ago), in 20.0 ms, trace {TRACE}"
    assert answer(facts(PAST), span(offset=offset)) == (Where.PROCESSED, text)


@pytest.mark.parametrize(
    ("checkpoints", "what"), [(False, "its offset is not committed yet"), (True, "no completed checkpoint has it yet")]
)
def test_processed_and_not_committed_may_come_again(checkpoints: bool, what: str) -> None:
    processed = f"2026-11-28 00:39:48 UTC (12 s ago), in 20.0 ms, trace {TRACE}"
    text = f"{processed}; {what}: after a failure it would be processed again"
    assert answer(facts(), span(), checkpoints=checkpoints) == (Where.PROCESSED, text)


def test_a_long_attempt_that_ended_just_now() -> None:
    now = NOW * 1_000_000
    long = replace(span(), start=now - 200_000_000_000, end=now + 500_000)
    text = f"2026-11-28 00:40:00 UTC (0 s ago), in 200000.5 ms, trace {TRACE}"
    assert answer(facts(PAST), long) == (Where.PROCESSED, text)


def test_a_later_attempt_that_succeeds_counts() -> None:
    failed = replace(span("late"), end=span().end - 1)
    assert answer(facts(PAST), span(), failed)[0] == Where.PROCESSED


def test_dead_lettered_with_reason_and_place() -> None:
    where, text = answer(facts(PAST, letters=(LETTER,)), span("PoisonError"))
    assert where == Where.DEAD_LETTERED
    assert text == "not JSON: line 1; it is orders.dlq[0]@3 since 2026-11-28 00:39:00 UTC (60 s ago)"
    for redriven, said in ((True, "; sent back to its topic since"), (None, "is not known")):
        assert answer(facts(PAST, letters=(replace(LETTER, redriven=redriven),)))[1].endswith(said)


def test_a_letter_of_another_record_is_not_this_ones() -> None:
    assert answer(facts(PAST, letters=(replace(LETTER, origin=(1, 50)),)), span())[0] == Where.PROCESSED


OLD = f"the trace store has no process span of trace {TRACE}: lost, dropped, or gone by now"
NO_CONTEXT = "it carries no trace context, so that its spans are in a trace of their own"


@pytest.mark.parametrize(
    ("record", "spans", "why"),
    [
        (RECORD, (), OLD),
        (RECORD, (span(offset=49),), OLD),
        (RECORD, (span(service="others-consumer"),), OLD),
        (RECORD, (span(trace="5" * 32),), OLD),
        (replace(RECORD, timestamp=NOW - 29_999), (), "its spans may be on their way: look again in half a minute"),
        (replace(RECORD, timestamp=NOW - 30_000), (), OLD),
        (
            replace(RECORD, traceparent=RECORD.traceparent[:-1] + "0"),
            (),
            "its trace was not sampled, so that there are no spans",
        ),
        (replace(RECORD, traceparent=""), (), NO_CONTEXT),
        (replace(RECORD, traceparent="rubbish"), (), NO_CONTEXT),
        (RECORD, (span("late"),), "its last attempt failed (late), and no dead letter was found"),
    ],
)
def test_committed_past_without_a_span(record: Record, spans: tuple[Span, ...], why: str) -> None:
    text = f"group group is past it, at offset 60; {why}"
    assert answer(facts(PAST, records=(record,)), *spans) == (Where.COMMITTED, text)


def test_without_the_trace_store_it_says_so() -> None:
    text = "group group is past it, at offset 60; the trace store did not answer"
    assert answer(facts(PAST), store=False) == (Where.COMMITTED, text)


def test_dead_letters_that_were_not_read_are_told_of() -> None:
    stopped = "; the scan stopped after 9 records, 1.0 MiB: for dead letters raise --seconds"
    denied = "; dead letters could not be read: denied"
    for scan, said in ((Scan(9, 2**20, "seconds"), stopped), (Scan(unknown="denied"), denied)):
        assert answer(facts(PAST, letter_scan=scan))[1].endswith(f"{OLD}{said}")


def test_flink_counts_from_its_last_checkpoint() -> None:
    where, text = answer(facts(members=0), checkpoints=True)
    assert where == Where.QUEUED
    assert text == f"10 records behind the last completed checkpoint, which is at offset 40; {STILL}"
    moving = facts(replace(IDLE, committed_before=25))
    assert answer(moving, checkpoints=True)[1].endswith("at offset 40, about 2 s at 5 records a second")


HOLES = Partition(10, 90, 100, committed=40)


@pytest.mark.parametrize(
    ("place", "partition", "where", "said"),
    [
        ((7, 1), HOLES, Where.NOT_FOUND, "no partition 7: its partitions are 0 to 0"),
        ((0, 5), HOLES, Where.EXPIRED, "begins at offset 10; group group had committed past it"),
        ((0, 5), replace(HOLES, committed=3), Where.EXPIRED, "not processed before"),
        ((0, 5), replace(HOLES, committed=None), Where.EXPIRED, "has committed nothing"),
        ((0, 55), HOLES, Where.NO_RECORD, "compacted"),
        ((0, 95), HOLES, Where.HELD_BACK, "a transaction is open"),
        ((0, 100), HOLES, Where.NOT_FOUND, "not written yet"),
    ],
)
def test_no_record_at_a_place(place: tuple[int, int], partition: Partition, where: Where, said: str) -> None:
    found = of_place(Evidence("orders", facts(partition, records=()), ()), place)
    assert found.where == where and said in found.text


def test_an_expired_record_may_be_a_dead_letter_still() -> None:
    known = facts(HOLES, records=(), letters=(replace(LETTER, origin=(0, 5)),))
    found = of_place(Evidence("orders", known, ()), (0, 5))
    assert found.where == Where.DEAD_LETTERED and "is gone" in found.text


def test_a_scan_that_stopped_early_does_not_say_that_there_is_none() -> None:
    known = facts(records=(), scan=Scan(900, 3 * 2**20, "bytes"))
    (found,) = of_search(Evidence("orders", known, ()), "key k")
    assert found.where == Where.NOT_FOUND
    stopped = "the scan stopped after 900 records, 3.0 MiB: for older records raise --mebibytes"
    assert found.text == f"no record with key k; {stopped}"
    assert of_place(Evidence("orders", known, ()), (0, 55)).where == Where.NOT_FOUND


def test_a_record_that_is_gone_leaves_its_letter_or_its_span() -> None:
    known = facts(records=(), letters=(LETTER,), scan=Scan(900))
    (found,) = of_search(Evidence("orders", known, ()), "key k")
    assert found.where == Where.DEAD_LETTERED and found.text.endswith("among the 900 records that orders has")
    (found,) = of_search(Evidence("orders", facts(records=()), [span()]), "trace t")
    assert found.where == Where.PROCESSED


def test_the_payload_is_shown_on_request_alone_and_escaped() -> None:
    record = replace(RECORD, key=b"\xff\x1b[31m", value=b"\x1b[2Jsecret", value_bytes=9_000)
    evidence = Evidence("orders", facts(records=(record,)), ())
    plain = "\n".join(report.lines(evidence, Question(key=b"k")))
    assert "secret" not in plain and r"key \xff\x1b[31m" in plain and "\x1b" not in plain
    shown = "\n".join(report.lines(evidence, Question(key=b"k", value=True)))
    assert r"value: \x1b[2Jsecret … the first 10 of 9000 bytes" in shown and "\x1b" not in shown
