"""Share consumers (KIP-932): each message's spans, and how it ended."""

from collections.abc import Iterator
from typing import Any

import confluent_kafka
import kafkatrace
import pytest
from confluent_kafka import AcknowledgeType, aio
from kafkatrace import DeserializingShareConsumer, Producer, ShareConsumer, Tracing

from tests.unit.kafkatrace.recording import QUIET, Recorder, ids, say

OUTCOME = "kafkatrace.acknowledgement"
# Experimental in confluent-kafka 2.16, and made by awaiting: the originals stay.
NOT_TRACED = {"AsyncSerializingProducer", "AsyncDeserializingConsumer"}


@pytest.fixture
def shared(failing: Any, tracing: Tracing) -> Iterator[ShareConsumer]:
    conf = {"bootstrap.servers": failing.servers, "group.id": "billing", **QUIET}
    consumer = ShareConsumer({**conf, "share.acknowledgement.mode": "explicit"}, tracing=tracing)
    yield consumer
    consumer.close()


@pytest.fixture
def sender(failing: Any, tracing: Tracing) -> Iterator[Producer]:
    producer = Producer({"bootstrap.servers": failing.servers, "linger.ms": 0, **QUIET}, tracing=tracing)
    yield producer
    producer.close()


def polled(consumer: Any, sender: Producer, topic: str) -> confluent_kafka.Message:
    """A share group begins at a topic's end: the record goes out until one comes."""
    sender.produce(topic, b"v", b"k", partition=0)  # the topic is there before it is subscribed to
    sender.flush(10)
    consumer.subscribe([topic])
    for _ in range(20):
        sender.produce(topic, b"v", b"k", partition=0)
        sender.flush(10)
        for message in consumer.poll(1):
            first: confluent_kafka.Message = message
            return first
    raise AssertionError("the mock broker shared nothing")


@pytest.mark.parametrize("ack_type", list(AcknowledgeType))
def test_the_outcome_is_on_the_process_span(
    shared: ShareConsumer, sender: Producer, topic: str, recorder: Recorder, ack_type: AcknowledgeType
) -> None:
    message = polled(shared, sender, topic)
    with shared.process(message):
        shared.acknowledge(message, ack_type)
    (processed,) = recorder.spans("process")
    assert say(processed, OUTCOME) == ack_type.name.lower()
    queued = recorder.span("queue")
    assert ids(processed)[2] == ids(queued)[1]
    assert ids(queued)[2] in {ids(sent)[1] for sent in recorder.spans("send")}


def test_an_offset_is_acknowledged_likewise(
    shared: ShareConsumer, sender: Producer, topic: str, recorder: Recorder
) -> None:
    message = polled(shared, sender, topic)
    with shared.process(message):
        shared.acknowledge_offset(topic, 0, message.offset() or 0, AcknowledgeType.REJECT)
    assert say(recorder.span("process"), OUTCOME) == "reject"


def test_another_messages_acknowledgement_is_not_this_ones(
    shared: ShareConsumer, sender: Producer, topic: str, recorder: Recorder
) -> None:
    message = polled(shared, sender, topic)
    with shared.process(message):
        pass
    shared.acknowledge(message)
    assert say(recorder.span("process"), OUTCOME) is None


def test_a_batch_has_a_receive_span(shared: ShareConsumer, sender: Producer, topic: str, recorder: Recorder) -> None:
    message = polled(shared, sender, topic)
    shared.acknowledge(message)
    assert say(recorder.spans("poll")[0], "messaging.batch.message_count")


def test_with_deserializers(failing: Any, sender: Producer, topic: str, tracing: Tracing, recorder: Recorder) -> None:
    conf = {"bootstrap.servers": failing.servers, "group.id": "billing", **QUIET}
    consumer = DeserializingShareConsumer(
        {**conf, "value.deserializer": lambda value, _: value.decode()}, tracing=tracing
    )
    message = polled(consumer, sender, topic)
    with consumer.process(message):
        value: Any = message.value()
        assert value == "v"
    consumer.close()
    assert recorder.spans("process")


@pytest.mark.parametrize("module", [confluent_kafka, aio], ids=lambda module: module.__name__)
def test_each_client_of_the_package_has_one_of_ours(module: Any) -> None:
    clients = {name for name in dir(module) if name.endswith(("Producer", "Consumer")) and not name.startswith("_")}
    assert clients
    missing = sorted(clients - NOT_TRACED - set(kafkatrace.__all__))
    assert not missing, f"{module.__name__} has clients that kafkatrace has not: {missing}"
    for name in clients - NOT_TRACED:
        assert issubclass(getattr(kafkatrace, name), getattr(module, name))


@pytest.mark.parametrize("name", ["ShareConsumer", "DeserializingShareConsumer"])
def test_all_that_the_original_has_is_there(name: str) -> None:
    theirs, ours = getattr(confluent_kafka, name), getattr(kafkatrace, name)
    assert {each for each in dir(theirs) if not each.startswith("_")} <= set(dir(ours))
