from collections.abc import Iterator
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import Message, TopicPartition
from kafkatrace import Consumer, Producer
from opentelemetry.instrumentation.confluent_kafka import ConfluentKafkaInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from .recording import QUIET, Receive, Recorder, ids


class Theirs:
    """A user's own OpenTelemetry SDK."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))

    def span(self, name: str) -> ReadableSpan:
        (found,) = [span for span in self.exporter.get_finished_spans() if span.name.startswith(name)]
        return found


@pytest.fixture
def theirs() -> Iterator[Theirs]:
    theirs = Theirs()
    yield theirs
    theirs.provider.shutdown()


@pytest.fixture
def their_producer(broker: str, theirs: Theirs) -> Any:
    producer = confluent_kafka.Producer({"bootstrap.servers": broker, "linger.ms": 0, **QUIET})
    return ConfluentKafkaInstrumentor.instrument_producer(producer, theirs.provider)


def their_message(broker: str, theirs: Theirs, topic: str) -> Message:
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker, "group.id": topic, **QUIET})
    consumer.assign([TopicPartition(topic, 0, 0)])
    proxied: Any = ConfluentKafkaInstrumentor.instrument_consumer(consumer, theirs.provider)
    message = proxied.poll(10)
    proxied.poll(0)  # ends the process span of the message before
    proxied.close()
    assert isinstance(message, Message)
    return message


def test_a_trace_that_the_contrib_instrumentation_began_goes_on(
    their_producer: Any,
    theirs: Theirs,
    topic: str,
    consumer: Consumer,
    receive: Receive,
    recorder: Recorder,
) -> None:
    their_producer.produce(topic, b"v", partition=0)
    their_producer.flush(10)
    with consumer.process(receive()):
        pass
    sent, queued, processed = theirs.span(topic), recorder.span("queue"), recorder.span("process")
    assert ids(sent)[0] == ids(queued)[0] == ids(processed)[0]
    assert ids(queued)[2] == ids(sent)[1]


def test_the_contrib_instrumentation_links_to_our_send_span(
    producer: Producer, broker: str, theirs: Theirs, topic: str, recorder: Recorder
) -> None:
    producer.produce(topic, b"v", partition=0)
    producer.flush(10)
    their_message(broker, theirs, topic)
    (link,) = theirs.span(f"{topic} process").links
    assert (link.context.trace_id, link.context.span_id) == ids(recorder.span("send"))[:2]


def test_spans_of_a_users_own_sdk_and_ours_are_one_trace(
    producer: Producer, theirs: Theirs, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    tracer = theirs.provider.get_tracer("shop")
    with tracer.start_as_current_span("request"):
        producer.produce(topic, b"v", partition=0)
    producer.flush(10)
    with consumer.process(receive()), tracer.start_as_current_span("query"):
        pass
    request, query = theirs.span("request"), theirs.span("query")
    sent, processed = recorder.span("send"), recorder.span("process")
    assert ids(sent)[2] == ids(request)[1]
    assert ids(query)[2] == ids(processed)[1]
    assert len({ids(span)[0] for span in (request, sent, processed, query)}) == 1
