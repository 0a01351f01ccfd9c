"""Clients of the mock broker, and a Tracing whose spans stay in memory."""

import sys
from collections.abc import Callable, Iterator
from itertools import count

import confluent_kafka
import pytest
from confluent_kafka import Message, TopicPartition
from kafkatrace import Consumer, Producer, Tracing

from .recording import QUIET, Recorder

_topics = count(1)


@pytest.fixture
def commit_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each commit has a span, also those outside of a trace."""
    monkeypatch.setenv("KAFKATRACE_COMMIT_TRACES", "true")


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.tracing.shutdown()


@pytest.fixture
def tracing(recorder: Recorder) -> Tracing:
    return recorder.tracing


@pytest.fixture
def unsampled() -> Iterator[Recorder]:
    recorder = Recorder(ratio=0)
    yield recorder
    recorder.tracing.shutdown()


@pytest.fixture
def topic() -> str:
    return f"topic-{next(_topics)}"


@pytest.fixture
def producer(broker: str, tracing: Tracing) -> Iterator[Producer]:
    producer = Producer({"bootstrap.servers": broker, "linger.ms": 0, **QUIET}, tracing=tracing)
    yield producer
    producer.purge()
    producer.flush(5)


@pytest.fixture
def bare(broker: str) -> Iterator[confluent_kafka.Producer]:
    """A producer that traces nothing."""
    producer = confluent_kafka.Producer({"bootstrap.servers": broker, "linger.ms": 0, **QUIET})
    yield producer
    producer.flush(5)


@pytest.fixture
def unreachable(tracing: Tracing) -> Iterator[Producer]:
    """A producer without a broker, whose queue holds one message."""
    conf = {"bootstrap.servers": "127.0.0.1:1", "queue.buffering.max.messages": 1, **QUIET}
    producer = Producer(conf, tracing=tracing)
    yield producer
    producer.purge()
    producer.flush(5)


@pytest.fixture
def consumer(broker: str, tracing: Tracing) -> Iterator[Consumer]:
    conf = {"bootstrap.servers": broker, "group.id": "billing", "client.id": "billing-0", **QUIET}
    consumer = Consumer({**conf, "auto.offset.reset": "earliest", "enable.partition.eof": True}, tracing=tracing)
    yield consumer
    consumer.close()


@pytest.fixture
def receive(consumer: Consumer, topic: str) -> Callable[[], Message]:
    """Poll the next record of the topic's partition 0."""
    assigned: list[str] = []

    def next_record() -> Message:
        if not assigned:
            consumer.assign([TopicPartition(topic, 0, 0)])
            assigned.append(topic)
        while (message := consumer.poll(10)) is None or message.error():
            assert message is not None, "the mock broker gave nothing for 10 s"
        return message

    return next_record


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads that take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)
