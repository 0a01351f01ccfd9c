import os
import threading
from collections.abc import Callable

import pytest
from kafkatrace.metrics.counters import Counters, Tally


def in_threads(threads: int, work: Callable[[], None]) -> None:
    started = [threading.Thread(target=work) for _ in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def test_counts() -> None:
    tally = Tally()
    assert tally.value() == 0
    for _ in range(5):
        tally.add()
    assert tally.value() == 5


def test_looking_changes_nothing() -> None:
    tally = Tally()
    tally.add()
    assert [tally.value() for _ in range(100)] == [1] * 100


@pytest.mark.usefixtures("restless")
def test_many_threads_count_exactly() -> None:
    tally = Tally()

    def work() -> None:
        for _ in range(20_000):
            tally.add()

    in_threads(16, work)
    assert tally.value() == 320_000


@pytest.mark.usefixtures("restless")
def test_looking_while_others_count_costs_nothing_in_the_end() -> None:
    tally = Tally()
    seen: list[int] = []

    def work() -> None:
        for _ in range(2_000):
            tally.add()
            seen.append(tally.value())

    in_threads(8, work)
    assert tally.value() == 16_000
    assert min(seen) >= 0
    assert max(seen) <= 16_000 + 8, "a look that another look overtakes may see it, too"


@pytest.mark.usefixtures("restless")
def test_oddities_from_many_threads() -> None:
    counters = Counters()

    def work() -> None:
        for _ in range(1_000):
            counters.malformed(3)
            counters.negative()

    in_threads(8, work)
    assert (counters.malformed_headers, counters.negative_queue_times) == (24_000, 8_000)


def test_no_malformed_headers_are_none() -> None:
    counters = Counters()
    counters.malformed(0)
    assert (counters.malformed_headers, counters.negative_queue_times) == (0, 0)


def test_a_forked_child_can_count_while_threads_of_its_parent_do() -> None:
    tally = Tally()
    enough = threading.Event()

    def work() -> None:
        while not enough.is_set():
            tally.add()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(20):
            child = os.fork()
            if not child:
                before = tally.value()
                tally.add()
                os._exit(0 if tally.value() == before + 1 else 1)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        enough.set()
        thread.join()
