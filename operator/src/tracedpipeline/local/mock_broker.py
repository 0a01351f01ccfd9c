"""librdkafka's mock broker, in this process: nothing to download, and not all that Kafka is."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from confluent_kafka import KafkaException, Producer

from tracedpipeline.local.errors import LocalError

LACKS: Final = (
    "--kafka mock is librdkafka's mock broker: it knows no LogAppendTime (time in the queue is by the producer's "
    "clock), no partition count (topics have 4), no admin requests, and keeps all in memory"
)
_SECONDS = 5.0


@asynccontextmanager
async def running(topics: Iterable[str]) -> AsyncIterator[str]:
    """Run the broker with these topics; gives its bootstrap server."""
    owner = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    try:
        yield await asyncio.to_thread(_address, owner, tuple(topics))
    except KafkaException as error:
        raise LocalError(f"librdkafka's mock broker does not answer: {error}") from error


def _address(owner: Producer, topics: tuple[str, ...]) -> str:
    for topic in topics:  # which creates it
        owner.list_topics(topic, timeout=_SECONDS)
    (broker,) = owner.list_topics(timeout=_SECONDS).brokers.values()
    return f"{broker.host}:{broker.port}"
