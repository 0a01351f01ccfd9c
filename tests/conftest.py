"""What unit and fuzz tests share: kafkatrace's two implementations and a broker for each worker."""

from collections.abc import Iterator

import pytest

pytest_plugins = ["tests.implementations"]


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """Bootstrap servers of librdkafka's mock cluster."""
    from tests.librdkafka import MockKafka, library  # confluent-kafka is not where the stories' tools are

    mock = MockKafka(library())
    yield mock.servers
    mock.close()
