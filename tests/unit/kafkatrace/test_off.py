"""With nothing sampled, and with OTEL_SDK_DISABLED, everything works and nothing is made."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import kafkatrace
import pytest
from confluent_kafka import Message, TopicPartition
from confluent_kafka.serialization import StringDeserializer, StringSerializer
from kafkatrace import FlushResult, Tracing
from opentelemetry import trace

from .recording import QUIET, Receive, Recorder, traceparents


@pytest.fixture(params=["nothing sampled", "disabled"])
def off(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    disabled = request.param == "disabled"
    if disabled:
        monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    recorder = Recorder(ratio=1 if disabled else 0)
    yield recorder
    assert recorder.spans() == []
    assert recorder.tracing.shutdown() == FlushResult(0, 0)


def test_disabled_nothing_is_said_to_a_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    with socket.create_server(("127.0.0.1", 0)) as collector:
        collector.settimeout(0)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.getsockname()[1]}")
        assert kafkatrace.configure("orders").shutdown() == FlushResult(0, 0)
        with pytest.raises(BlockingIOError):
            collector.accept()


def propagated(tracing: Tracing) -> int:
    """How many headers a record has: the decision travels, unless all is off."""
    return int(tracing.enabled)


def sampled(message: Message) -> bool:
    return any(int(value[-2:], 16) & 1 for value in traceparents(message))


def reader(broker: str, topic: str, off: Recorder, kind: Any = kafkatrace.Consumer, **conf: Any) -> Any:
    given = {"bootstrap.servers": broker, "group.id": topic, "enable.auto.commit": False, **QUIET, **conf}
    return kind(given, tracing=off.tracing)


def test_producers_and_batches(broker: str, topic: str, off: Recorder, receive: Receive) -> None:
    called: list[object] = []
    with kafkatrace.Producer({"bootstrap.servers": broker, **QUIET}, tracing=off.tracing) as producer:
        producer.produce(topic, b"v", partition=0, on_delivery=lambda error, _: called.append(error))
        assert producer.produce_batch(topic, [{"headers": {"x": b"1"}}, {"value": b"v" * 2_000_000}], 0) == 1
    first, second = receive(), receive()
    assert called == [None]
    assert [len(traceparents(each)) for each in (first, second)] == [propagated(off.tracing)] * 2
    assert not sampled(first)
    assert ("x", b"1") in (second.headers() or [])


def test_consumers(broker: str, topic: str, off: Recorder, bare: Any) -> None:
    for _ in range(4):
        bare.produce(topic, b"v", partition=0)
    bare.flush(10)
    with reader(broker, topic, off) as consumer:
        consumer.assign([TopicPartition(topic, 0, 0)])
        message = consumer.poll(10)
        with consumer.process(message) as span:
            assert not span.is_recording()
            span.set_attribute("a", 1)
        assert [each.offset() for each in consumer.process_all(consumer.consume(1, 10))] == [1]
        for each in consumer:
            assert not trace.get_current_span().is_recording()
            assert each.offset() == 2
            break
        assert consumer.commit(message) is None
        assert consumer.commit(message, asynchronous=False)[0].offset == 1
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_rebalances(broker: str, topic: str, off: Recorder, bare: Any) -> None:
    bare.produce(topic, b"v", partition=0)
    bare.flush(10)
    told: list[object] = []
    consumer = reader(broker, topic, off, **{"auto.offset.reset": "earliest"})
    consumer.subscribe([topic], on_revoke=lambda who, _: told.append(who))
    while (message := consumer.poll(1)) is None:
        pass
    with consumer.process(message):
        consumer.close()
    assert told == [consumer]


def test_transactions(broker: str, topic: str, off: Recorder, consumer: Any) -> None:
    conf = {"bootstrap.servers": broker, "transactional.id": topic, **QUIET}
    with kafkatrace.Producer(conf, tracing=off.tracing) as producer:
        producer.init_transactions(10)
        for end in (producer.commit_transaction, producer.abort_transaction):
            producer.begin_transaction()
            producer.produce(topic, b"v", partition=0)
            metadata = consumer.consumer_group_metadata()
            producer.send_offsets_to_transaction([TopicPartition(topic, 0, 1)], metadata, 10)
            end(10)


def test_serializers(broker: str, topic: str, off: Recorder) -> None:
    conf = {"bootstrap.servers": broker, "value.serializer": StringSerializer(), **QUIET}
    with kafkatrace.SerializingProducer(conf, tracing=off.tracing) as producer:
        producer.produce(topic, None, "Amélie", 0)
    with reader(
        broker, topic, off, kafkatrace.DeserializingConsumer, **{"value.deserializer": StringDeserializer()}
    ) as consumer:
        consumer.assign([TopicPartition(topic, 0, 0)])
        message = consumer.poll(10)
        with consumer.process(message):
            assert message.value() == "Amélie"


async def test_asyncio(broker: str, topic: str, off: Recorder, receive: Receive) -> None:
    async with kafkatrace.AIOProducer({"bootstrap.servers": broker, **QUIET}, tracing=off.tracing) as producer:
        future = await producer.produce(topic, b"v", partition=0, headers={"x": b"1"})
        await producer.flush()
        assert (await future).offset() == 0
        await producer.produce(topic, b"v")
        await producer.purge()
    assert ("x", b"1") in (receive().headers() or [])
    async with reader(broker, topic, off, kafkatrace.AIOConsumer) as consumer:
        await consumer.assign([TopicPartition(topic, 0, 0)])
        async for message in consumer:
            await asyncio.sleep(0)
            assert (await consumer.commit(message=message, asynchronous=False))[0].offset == 1
            break
        assert await consumer.consume(1, 0) == []
    assert trace.get_current_span() is trace.INVALID_SPAN
