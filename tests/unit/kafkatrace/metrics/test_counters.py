import os
import threading
from collections.abc import Callable

import pytest
from kafkatrace.metrics.counters import AtomicCounter, Counters


def in_threads(threads: int, work: Callable[[], None]) -> None:
    started = [threading.Thread(target=work) for _ in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def test_counts() -> None:
    counter = AtomicCounter()
    assert counter.value() == 0
    for _ in range(5):
        counter.add()
    assert counter.value() == 5


def test_looking_changes_nothing() -> None:
    counter = AtomicCounter()
    counter.add()
    assert [counter.value() for _ in range(100)] == [1] * 100


@pytest.mark.usefixtures("restless")
def test_many_threads_count_exactly() -> None:
    counter = AtomicCounter()

    def work() -> None:
        for _ in range(20_000):
            counter.add()

    in_threads(16, work)
    assert counter.value() == 320_000


@pytest.mark.usefixtures("restless")
def test_looking_while_others_count_costs_nothing_in_the_end() -> None:
    counter = AtomicCounter()
    seen: list[int] = []

    def work() -> None:
        for _ in range(2_000):
            counter.add()
            seen.append(counter.value())

    in_threads(8, work)
    assert counter.value() == 16_000
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
    counter = AtomicCounter()
    enough = threading.Event()

    def work() -> None:
        while not enough.is_set():
            counter.add()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(20):
            child = os.fork()
            if not child:
                before = counter.value()
                counter.add()
                os._exit(0 if counter.value() == before + 1 else 1)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        enough.set()
        thread.join()
