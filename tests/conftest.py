"""What tests share: kafkatrace's two implementations, a broker for each worker, and that a test sees its own log."""

import logging
import threading
from collections.abc import Iterator

import pytest

pytest_plugins = ["tests.implementations", "tests.coverage_where_it_tells"]


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """Bootstrap servers of librdkafka's mock cluster."""
    from tests.librdkafka import MockKafka, library  # confluent-kafka is not where the stories' tools are

    mock = MockKafka(library())
    yield mock.servers
    mock.close()


@pytest.fixture(autouse=True)
def earlier_threads() -> frozenset[threading.Thread]:
    """Threads that earlier tests left: each test has this before its other fixtures start any."""
    return frozenset(threading.enumerate()) - {threading.current_thread()}


@pytest.fixture
def caplog(
    caplog: pytest.LogCaptureFixture, earlier_threads: frozenset[threading.Thread]
) -> Iterator[pytest.LogCaptureFixture]:
    """What this test logs, without what threads of earlier tests still say."""

    def of_this_test(_: logging.LogRecord) -> bool:
        return threading.current_thread() not in earlier_threads

    caplog.handler.addFilter(of_this_test)
    yield caplog
    caplog.handler.removeFilter(of_this_test)
