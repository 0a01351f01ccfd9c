"""The same of the clients with serializers and of asyncio's, and what is different on purpose."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import confluent_kafka
import kafkatrace
import pytest
from confluent_kafka import Message, TopicPartition, aio
from confluent_kafka.serialization import StringDeserializer, StringSerializer
from kafkatrace import Producer, Tracing

from tests.unit.kafkatrace.recording import QUIET, Receive, failed, outcome, send, shown

Call = Callable[[Any, str], object]
AsyncCall = Callable[[Any, str], Awaitable[object]]
TEXT = StringSerializer()
ORIGINALS: list[tuple[Any, Any]] = [
    (confluent_kafka.Producer, kafkatrace.Producer),
    (confluent_kafka.Consumer, kafkatrace.Consumer),
    (confluent_kafka.SerializingProducer, kafkatrace.SerializingProducer),
    (confluent_kafka.DeserializingConsumer, kafkatrace.DeserializingConsumer),
    (aio.AIOProducer, kafkatrace.AIOProducer),
    (aio.AIOConsumer, kafkatrace.AIOConsumer),
]
SERIALIZING_CALLS: dict[str, Call] = {
    "produce": lambda p, t: (p.produce(t, "key", "value"), p.flush(10)),
    "by name": lambda p, t: p.produce(topic=t, key="k", value="v", partition=0, timestamp=5, headers={"x": b"1"}),
    "by position": lambda p, t: p.produce(t, "k", "v", 0, None, 5, [("x", b"1")]),
    "bad key": lambda p, t: p.produce(t, 5, "v"),
    "bad value": lambda p, t: p.produce(t, "k", 5),
    "bad topic": lambda p, t: p.produce(5, "k", "v"),
    "callback": lambda p, t: p.produce(t, "k", "v", callback=print),
    "raw batch": lambda p, t: (p.produce_batch(t, [{"key": "k", "value": "v"}]), p.flush(10)),
    "closed": lambda p, t: (p.close(), p.close(), outcome(p.produce, t, "k", "v")),
    "with": lambda p, t: (p.__enter__() is p, p.__exit__(None, None, None), outcome(p.produce, t)),
}
DESERIALIZING_CALLS: dict[str, Call] = {
    "poll": lambda c, t: (c.assign([TopicPartition(t, 0, 0)]), c.poll(10)),
    "bad value": lambda c, t: (c.assign([TopicPartition(t, 0, 1)]), c.poll(10)),
    "end": lambda c, t: (c.assign([TopicPartition(t, 0, 2)]), c.poll(10)),
    "nothing": lambda c, t: (c.poll(0), c.poll(timeout=0)),
    "consume": lambda c, t: c.consume(1, 0),
    "closed": lambda c, t: (c.close(), c.close(), outcome(c.poll, 0)),
    "with": lambda c, t: (c.__enter__() is c, c.__exit__(None, None, None), outcome(c.poll, 0)),
}


async def awaited(call: AsyncCall, client: Any, topic: str) -> object:
    try:
        return shown(await call(client, topic))
    except Exception as error:
        return failed(error)


async def delivered(producer: Any, *args: Any, **kwargs: Any) -> object:
    future = await producer.produce(*args, **kwargs)
    flushed = await producer.flush()
    return flushed, await future


async def assigned(consumer: Any, topic: str) -> Message:
    await consumer.assign([TopicPartition(topic, 0, 0)])
    message: Message = await consumer.poll(10)
    return message


async def ignored(consumer: Any, partitions: list[TopicPartition]) -> None:
    """An on_assign: whether the group forms before the consumer is closed is a matter of time."""


def unawaited(consumer: Any, partitions: list[TopicPartition]) -> None:
    """As a callback by position: the original calls it as it is, so a coroutine would be left over."""


async def committed(consumer: Any, topic: str) -> object:
    return await consumer.commit(message=await assigned(consumer, topic), asynchronous=False)


async def purged(producer: Any, topic: str) -> object:
    future = await producer.produce(topic, b"v")
    return len(producer), await producer.purge(), future.cancelled(), len(producer)


async def closed(client: Any, topic: str) -> object:
    return await client.close(), await awaited(lambda c, t: c.poll(timeout=0), client, topic)


PRODUCING: dict[str, AsyncCall] = {
    "produce": lambda p, t: delivered(p, t, b"v", b"k"),
    "by name": lambda p, t: delivered(p, topic=t, value="v", key="k", partition=0),
    "too large": lambda p, t: delivered(p, t, b"v" * 2_000_000),
    "bad value": lambda p, t: delivered(p, t, 5),
    "no topic": lambda p, t: p.produce(),
    "purge": purged,
    "metadata": lambda p, t: p.cluster_id(10),
    "poll": lambda p, t: p.poll(timeout=0),
    "no transactions": lambda p, t: p.begin_transaction(),
    "closed": closed,
}
CONSUMING: dict[str, AsyncCall] = {
    "poll": assigned,
    "nothing": lambda c, t: c.poll(timeout=0),
    "consume": lambda c, t: c.consume(num_messages=1, timeout=0),
    "consume too many": lambda c, t: c.consume(-1),
    "commit": committed,
    "commit nothing": lambda c, t: c.commit(asynchronous=False),
    "subscribe": lambda c, t: c.subscribe([t], on_assign=ignored),
    "subscribe by position": lambda c, t: c.subscribe([t], unawaited, unawaited),
    "subscribe to none": lambda c, t: c.subscribe([]),
    "one callback twice": lambda c, t: c.subscribe([t], print, on_assign=assigned),
    "unknown callback": lambda c, t: c.subscribe([t], on_holiday=print),
    "assignment": lambda c, t: c.assignment(),
    "closed": closed,
}


@pytest.mark.parametrize(("theirs", "ours"), ORIGINALS)
def test_every_public_method_is_there(theirs: Any, ours: Any) -> None:
    names = [name for name in dir(theirs) if not name.startswith("_")]
    assert names
    for name in names:
        assert inspect.iscoroutinefunction(getattr(ours, name)) is inspect.iscoroutinefunction(getattr(theirs, name))


@pytest.mark.parametrize("call", SERIALIZING_CALLS.values(), ids=SERIALIZING_CALLS)
def test_serializing_producers_do_the_same(broker: str, tracing: Tracing, topic: str, call: Call) -> None:
    conf = {"bootstrap.servers": broker, "key.serializer": TEXT, "value.serializer": TEXT, **QUIET}
    theirs = confluent_kafka.SerializingProducer(conf)
    ours = kafkatrace.SerializingProducer(conf, tracing=tracing)
    assert outcome(call, ours, topic) == outcome(call, theirs, topic)
    for producer in (ours, theirs):
        producer.close()


@pytest.mark.parametrize("call", DESERIALIZING_CALLS.values(), ids=DESERIALIZING_CALLS)
def test_deserializing_consumers_do_the_same(
    broker: str, tracing: Tracing, topic: str, bare: confluent_kafka.Producer, call: Call
) -> None:
    send(bare, topic)
    bare.produce(topic, b"\xff", partition=0)
    bare.flush(10)
    conf = {"bootstrap.servers": broker, "group.id": topic, "enable.partition.eof": True, **QUIET}
    conf = {**conf, "key.deserializer": StringDeserializer(), "value.deserializer": StringDeserializer()}
    theirs = confluent_kafka.DeserializingConsumer(conf)
    ours = kafkatrace.DeserializingConsumer(conf, tracing=tracing)
    assert outcome(call, ours, topic) == outcome(call, theirs, topic)
    for consumer in (ours, theirs):
        consumer.close()


@pytest.mark.parametrize("call", PRODUCING.values(), ids=PRODUCING)
async def test_asyncio_producers_do_the_same(broker: str, tracing: Tracing, topic: str, call: AsyncCall) -> None:
    conf = {"bootstrap.servers": broker, **QUIET}
    theirs, ours = aio.AIOProducer(conf), kafkatrace.AIOProducer(conf, tracing=tracing)
    # two topics, so that both records have offset 0
    seen = [await awaited(call, theirs, topic), await awaited(call, ours, f"{topic}-1")]
    assert str(seen[0]) == str(seen[1]).replace(f"{topic}-1", topic)
    for producer in (theirs, ours):
        producer._batch_processor.clear_buffer()  # the original keeps what it could not send
        if not producer._is_closed:
            await producer.close()


@pytest.mark.parametrize("call", CONSUMING.values(), ids=CONSUMING)
async def test_asyncio_consumers_do_the_same(
    broker: str, tracing: Tracing, topic: str, bare: confluent_kafka.Producer, call: AsyncCall
) -> None:
    send(bare, topic)
    conf = {"bootstrap.servers": broker, **QUIET}
    theirs = aio.AIOConsumer({**conf, "group.id": f"theirs-{topic}"})
    ours = kafkatrace.AIOConsumer({**conf, "group.id": f"ours-{topic}"}, tracing=tracing)
    assert await awaited(call, ours, topic) == await awaited(call, theirs, topic)
    for consumer in (theirs, ours):
        if not consumer._closed:
            await consumer.close()


def test_a_batch_carries_headers_and_timestamps_unlike_the_originals(
    producer: Producer, bare: confluent_kafka.Producer, topic: str, receive: Receive
) -> None:
    with pytest.raises(NotImplementedError):
        bare.produce_batch(topic, [{"timestamp": 5}], 0)
    assert bare.produce_batch(topic, [{"headers": {"x": b"1"}}], 0) == 1
    bare.flush(10)
    assert receive().headers() is None
    assert producer.produce_batch(topic, [{"timestamp": 5, "headers": {"x": b"1"}}], 0) == 1
    producer.flush(10)
    message = receive()
    assert message.timestamp()[1] == 5
    assert ("x", b"1") in (message.headers() or [])


async def test_asyncio_carries_headers_and_timestamps_unlike_the_original(
    broker: str, tracing: Tracing, topic: str, receive: Receive
) -> None:
    conf = {"bootstrap.servers": broker, **QUIET}
    async with aio.AIOProducer(conf) as theirs:
        with pytest.raises(NotImplementedError):
            await theirs.produce(topic, headers={"x": b"1"})
    async with kafkatrace.AIOProducer(conf, tracing=tracing) as ours:
        await ours.produce(topic, partition=0, headers={"x": b"1"}, timestamp=5)
    message = receive()
    assert message.timestamp()[1] == 5
    assert ("x", b"1") in (message.headers() or [])


def test_no_callback_does_not_hide_on_delivery_unlike_in_the_original(
    producer: Producer, bare: confluent_kafka.Producer, topic: str
) -> None:
    called: list[object] = []
    for each in (bare, producer):
        each.produce(topic, callback=None, on_delivery=lambda *_, who=each: called.append(who))
        each.flush(10)
    assert called == [producer]
