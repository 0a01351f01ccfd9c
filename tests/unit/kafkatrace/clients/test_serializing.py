import threading
from collections.abc import Iterator
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.error import KeySerializationError, ValueDeserializationError, ValueSerializationError
from confluent_kafka.serialization import StringDeserializer, StringSerializer
from kafkatrace import DeserializingConsumer, Producer, SerializingProducer, Tracing, configure
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.unit.kafkatrace.recording import QUIET, Receive, Recorder, ids, linked, say, traceparents

TEXT = {"key.serializer": StringSerializer(), "value.serializer": StringSerializer()}
READ = {"key.deserializer": StringDeserializer(), "value.deserializer": StringDeserializer()}


@pytest.fixture
def serializing(broker: str, tracing: Tracing) -> Iterator[Any]:
    with SerializingProducer({"bootstrap.servers": broker, **TEXT, **QUIET}, tracing=tracing) as producer:
        yield producer


def deserializing(broker: str, topic: str, tracing: Tracing, *, link: bool = False) -> DeserializingConsumer:
    conf = {"bootstrap.servers": broker, "group.id": topic, "enable.partition.eof": True, **READ, **QUIET}
    consumer = DeserializingConsumer(conf, tracing=tracing, link=link)
    consumer.assign([TopicPartition(topic, 0, 0)])
    return consumer


def test_one_trace_through_both(serializing: Any, broker: str, topic: str, recorder: Recorder) -> None:
    serializing.produce(topic, "key-1", "Amélie", 0)
    serializing.flush(10)
    with deserializing(broker, topic, recorder.tracing) as consumer:
        message = consumer.poll(10)
        assert message is not None
        assert (message.deserialized_key(), message.deserialized_value()) == ("key-1", "Amélie")
        with consumer.process(message):
            pass
    sent, queued, processed = (recorder.span(f"{name} {topic}") for name in ("send", "queue", "process"))
    assert ids(sent)[2] is None
    assert ids(queued)[:1] + ids(queued)[2:] == ids(sent)[:2]
    assert ids(processed)[:1] + ids(processed)[2:] == ids(queued)[:2]
    for span in (sent, processed):
        assert say(span, "messaging.kafka.message.key") == "key-1"
        assert say(span, "messaging.kafka.offset") == 0


def test_the_tracing_given_is_the_one_used(broker: str, topic: str, recorder: Recorder) -> None:
    last = configure("other", exporter=InMemorySpanExporter())
    with SerializingProducer({"bootstrap.servers": broker, **TEXT, **QUIET}, tracing=recorder.tracing) as producer:
        producer.produce(topic, "k", "v", 0)
    with deserializing(broker, topic, recorder.tracing) as consumer:
        message = consumer.poll(10)
        assert message is not None
        with consumer.process(message):
            pass
    for name in ("send", "process", "queue"):
        assert recorder.span(f"{name} {topic}").start_time
    assert last.shutdown().exported == 0


def test_linked_traces(serializing: Any, broker: str, topic: str, recorder: Recorder) -> None:
    serializing.produce(topic, "key-1", "v", 0)
    serializing.flush(10)
    with deserializing(broker, topic, recorder.tracing, link=True) as consumer:
        message = consumer.poll(10)
        assert message is not None
        with consumer.process(message):
            pass
    sent, processed = recorder.span("send"), recorder.span("process")
    assert ids(processed)[0] != ids(sent)[0]
    assert linked(processed) == {ids(sent)[:2]}


def test_the_users_headers_and_callback_are_kept(serializing: Any, topic: str, receive: Receive) -> None:
    reports: list[object] = []
    serializing.produce(
        topic, "k", "v", partition=0, headers={"x": b"1"}, on_delivery=lambda error, _: reports.append(error)
    )
    serializing.flush(10)
    message = receive()
    assert ("x", b"1") in (message.headers() or [])
    assert len(traceparents(message)) == 1
    assert reports == [None]


@pytest.mark.parametrize(
    ("key", "value", "error"), [(5, "v", KeySerializationError), ("k", 5, ValueSerializationError)]
)
def test_what_cannot_be_serialized_has_no_span(
    serializing: Any, topic: str, recorder: Recorder, key: object, value: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        serializing.produce(topic, key, value)
    assert recorder.spans() == []
    assert recorder.tracing.shutdown(60).dropped == 0


def test_a_batch_is_sent_as_it_is_with_key_and_value_in_place(serializing: Any, topic: str, receive: Receive) -> None:
    assert serializing.produce_batch(topic, [{"key": b"k", "value": b"\xff"}], 0) == 1
    serializing.flush(10)
    message = receive()
    assert (message.key(), message.value()) == (b"k", b"\xff")
    assert len(traceparents(message)) == 1


def test_what_cannot_be_deserialized_has_no_span(
    producer: Producer, broker: str, topic: str, recorder: Recorder
) -> None:
    producer.produce(topic, b"\xff", partition=0)
    producer.produce(topic, b"v", partition=0)
    producer.flush(10)
    with deserializing(broker, topic, recorder.tracing) as consumer:
        with pytest.raises(ValueDeserializationError):
            consumer.poll(10)
        message = consumer.poll(10)
        assert message is not None
        with consumer.process(message):
            pass
    assert say(recorder.span("process"), "messaging.kafka.offset") == 1


def test_iterating_passes_over_partition_ends(producer: Producer, broker: str, topic: str, recorder: Recorder) -> None:
    producer.produce(topic, b"first", partition=0)
    producer.flush(10)
    values: list[object] = []
    with deserializing(broker, topic, recorder.tracing) as consumer:
        for message in consumer:
            values.append(message.value())
            if len(values) == 2:
                break
            # so that the end comes first
            threading.Timer(0.5, producer.produce, (topic, b"second"), {"partition": 0}).start()
    producer.flush(10)
    assert values == ["first", "second"]


def test_iterating_raises_what_poll_raises(producer: Producer, broker: str, topic: str, tracing: Tracing) -> None:
    producer.produce(topic, b"\xff", partition=0)
    producer.flush(10)
    with deserializing(broker, topic, tracing) as consumer, pytest.raises(KafkaException):
        next(iter(consumer))


def test_without_tracing_the_one_configured_last_is_used(broker: str, topic: str) -> None:
    exporter = InMemorySpanExporter()
    tracing = configure("orders", exporter=exporter)
    conf = {"bootstrap.servers": broker, **TEXT, **QUIET}
    with SerializingProducer(conf) as producer:
        producer.produce(topic, "k", "v")
    assert tracing.shutdown().exported == 1
    assert isinstance(producer, confluent_kafka.SerializingProducer)
