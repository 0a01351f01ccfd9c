from pathlib import Path

import pytest
from tracedpipeline.local import otlp
from tracedpipeline.local.errors import LocalError
from tracedpipeline.local.store import Query, Store

from tests.unit.operator.local.otlp import message

ALL = Query("orders-producer", None, 0, 2**62, 10_000)
MOST = 256 * 1024


def fill(store: Store, count: int) -> list[bytes]:
    """Take messages; returns their traces, the oldest first."""
    traces = []
    for number in range(count):
        spans, _ = otlp.received(message(1_000_000_000 + number))
        traces.append(spans[0].trace_id)
        store.take(spans)
    return traces


def test_no_more_is_kept_than_so_many_bytes_and_whole_traces_go_the_oldest_first(tmp_path: Path) -> None:
    store = Store(tmp_path, MOST)
    traces = fill(store, 1500)
    assert store._bytes() <= MOST
    lengths = [sum(map(len, store.spans([trace]).values())) for trace in traces]
    kept = lengths.count(3)
    assert 0 < kept < 1500
    assert lengths == [0] * (1500 - kept) + [3] * kept
    store.close()


def test_a_trace_of_any_length_does_not_fill_it(tmp_path: Path) -> None:
    store = Store(tmp_path, MOST)
    (first, *_), _ = otlp.received(message(5))
    for number in range(3000):
        store.take([otlp.Stored(first.trace_id, number.to_bytes(8, "big"), "p", "n", 5, first.origin, first.body)])
    assert store._bytes() <= MOST
    store.close()


def test_what_was_kept_is_there_for_the_next_run(tmp_path: Path) -> None:
    before = Store(tmp_path)
    fill(before, 2)
    before.close()
    after = Store(tmp_path)
    assert sum(map(len, after.traces(ALL).values())) == 6
    assert after.services() == ["orders-consumer", "orders-kafka", "orders-producer"]
    after.close()


def test_a_file_that_is_no_store_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "traces.sqlite").write_text(
        "something else, which is longer than the header of a file of SQLite is. " * 3
    )
    with pytest.raises(LocalError, match=r"traces\.sqlite: traces cannot be kept there: file is not a database"):
        Store(tmp_path)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalError, match=r"traces cannot be kept there: Not a directory"):
        Store(tmp_path / "file" / "folder")
