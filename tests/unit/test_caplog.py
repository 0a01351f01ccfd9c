"""What a test finds in the log is its own."""

import logging
import threading
from collections.abc import Iterator
from queue import SimpleQueue

import pytest

log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def earlier() -> Iterator[tuple[SimpleQueue[str], SimpleQueue[str]]]:
    """What a thread from before the test shall log, and what it has logged."""
    wanted, done = SimpleQueue[str](), SimpleQueue[str]()

    def work() -> None:
        while words := wanted.get():
            log.warning(words)
            done.put(words)

    threading.Thread(target=work, daemon=True).start()
    yield wanted, done
    wanted.put("")


def test_threads_of_earlier_tests_are_not_in_it(
    earlier: tuple[SimpleQueue[str], SimpleQueue[str]], caplog: pytest.LogCaptureFixture
) -> None:
    wanted, done = earlier
    wanted.put("of an earlier test")
    assert done.get(timeout=60) == "of an earlier test"
    log.warning("of this test")
    own = threading.Thread(target=log.warning, args=("of a thread of its own",))
    own.start()
    own.join()
    assert caplog.messages == ["of this test", "of a thread of its own"]
