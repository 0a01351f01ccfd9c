"""What it means that there is no record at a place, or with a key."""

from dataclasses import replace
from typing import Any

import pytest
from tracedpipeline.find.answer import Answer, Evidence, Where
from tracedpipeline.find.facts import Facts, Letter, Partition, Record, Scan
from tracedpipeline.find.missing import of_place, of_search
from tracedpipeline.jaeger.traces import Span

NOW = 1_795_826_400_000
LOG = Partition(10, 90, 100, committed=40)
GONE = "orders[0]@5 is gone: the partition begins at offset 10"


def evidence(log: Partition | None = LOG, *spans: Span, **more: Any) -> Evidence:
    partitions = {} if log is None else {0: log}
    return Evidence("orders", Facts(NOW, "orders", "group", "orders.dlq", 3.0, partitions, **more), spans)


def span(error: str = "", service: str = "orders-consumer", after: int = 0) -> Span:
    end = NOW * 1_000_000 + after
    return Span("4" * 32, "c", "b", service, "process orders", end - 20_000_000, end, None, error)


@pytest.mark.parametrize(
    ("log", "offset", "where", "text"),
    [
        (None, 5, Where.NOT_FOUND, "orders has no partition 0: its partitions are 0 to 0"),
        (LOG, 5, Where.EXPIRED, f"{GONE}; group group had committed past it"),
        (
            Partition(10, 90, 100, committed=5),
            5,
            Where.EXPIRED,
            f"{GONE}; group group has committed offset 5: it was not processed before, as far as Kafka knows",
        ),
        (
            Partition(10, 90, 100),
            5,
            Where.EXPIRED,
            f"{GONE}; group group has committed nothing: it was not processed before, as far as Kafka knows",
        ),
        (
            LOG,
            10,
            Where.NO_RECORD,
            "orders[0]@10 has none: it was compacted, belongs to an aborted transaction, or is a transaction's marker",
        ),
        (
            LOG,
            90,
            Where.HELD_BACK,
            "orders[0]@90 is behind offset 90, where a transaction is open that hides it from readers",
        ),
        (LOG, 100, Where.NOT_FOUND, "orders[0]@100 is not written yet: the partition ends at offset 100"),
    ],
)
def test_at_a_place(log: Partition | None, offset: int, where: Where, text: str) -> None:
    assert of_place(evidence(log), (0, offset)) == Answer(where, text)


def test_a_scan_that_did_not_come_to_the_place() -> None:
    found = of_place(evidence(scan=Scan(9, 2**20, "seconds")), (0, 55))
    stopped = "; the scan stopped after 9 records, 1.0 MiB: for it raise --seconds"
    assert found == Answer(Where.NOT_FOUND, f"orders[0]@55 was not read{stopped}")


def test_the_dead_letter_of_a_record_that_is_gone() -> None:
    letters = tuple(Letter(Record(0, n, NOW, None, None), (0, n), f"reason {n}") for n in (4, 5, 6))
    text = f"reason 5; it is orders.dlq[0]@5 since 2026-11-28 00:40:00 UTC (0 s ago); {GONE}"
    assert of_place(evidence(letters=letters), (0, 5)) == Answer(Where.DEAD_LETTERED, text)


def test_no_record_in_what_was_read() -> None:
    (found,) = of_search(evidence(scan=Scan(9, 2**20, "bytes")), "key k")
    stopped = "the scan stopped after 9 records, 1.0 MiB: for older records raise --mebibytes"
    assert found == Answer(Where.NOT_FOUND, f"no record with key k; {stopped}")


def test_the_last_process_span_that_succeeded_tells_of_a_record_that_is_gone() -> None:
    earlier = [replace(span(after=-60_000_000_000 * n), trace_id=str(n)) for n in (3, 2, 1)]
    known = evidence(LOG, *earlier, span(after=500_000), span("late"), span(service="others-consumer"), scan=Scan(9))
    gone = "its record was not found among the 9 records that orders has"
    assert of_search(known, "key k") == [
        Answer(Where.PROCESSED, f"2026-11-28 00:40:00 UTC (0 s ago), trace {'4' * 32}; {gone}")
    ]
    failed = evidence(LOG, span("late"), span(service="others-consumer"), scan=Scan(9))
    assert [each.where for each in of_search(failed, "key k")] == [Where.NOT_FOUND]


def test_each_dead_letter_tells_of_a_record_that_is_gone() -> None:
    letters = tuple(Letter(Record(0, n, NOW, None, None), (0, 5), f"reason {n}") for n in (3, 4))
    found = of_search(evidence(letters=letters, scan=Scan(9)), "key k")
    gone = "its record was not found among the 9 records that orders has"
    assert found == [
        Answer(
            Where.DEAD_LETTERED,
            f"reason {n}; it is orders.dlq[0]@{n} since 2026-11-28 00:40:00 UTC (0 s ago); {gone}",
        )
        for n in (3, 4)
    ]
