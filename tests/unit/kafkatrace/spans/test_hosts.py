"""The host that each span names, and what Jaeger makes of it."""

import time

import kafkatrace
import pytest
from confluent_kafka import TopicPartition
from kafkatrace import Consumer, Producer, Tracing
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.unit.kafkatrace.adjusting import host, warnings
from tests.unit.kafkatrace.recording import QUIET

NODE_1, NODE_2 = {"host.name": "node-1"}, {"host.name": "node-2"}
BACKLOG_SECONDS = 0.1


def through(broker: str, topic: str, sender: dict[str, str], receiver: dict[str, str]) -> list[ReadableSpan]:
    """Send twenty messages that wait for a moment, process them, and make dead letters of some."""
    exporters = InMemorySpanExporter(), InMemorySpanExporter()
    sending = kafkatrace.configure("sender", exporter=exporters[0], resource=Resource(sender))
    receiving = kafkatrace.configure("receiver", exporter=exporters[1], resource=Resource(receiver))
    producer = Producer({"bootstrap.servers": broker, "linger.ms": 5, **QUIET}, tracing=sending)
    for number in range(20):
        producer.produce(topic, b"v", f"key-{number}", partition=0)
    producer.flush(10)
    time.sleep(BACKLOG_SECONDS)
    process(broker, topic, receiving)
    sending.shutdown()
    receiving.shutdown()
    spans = [span for exporter in exporters for span in exporter.get_finished_spans()]
    assert [len(named(spans, name)) for name in ("send", "queue", "process")] == [24, 20, 20]
    return spans


def process(broker: str, topic: str, tracing: Tracing) -> None:
    letters = Producer({"bootstrap.servers": broker, **QUIET}, tracing=tracing)
    conf = {"bootstrap.servers": broker, "group.id": topic, "auto.offset.reset": "earliest", **QUIET}
    consumer = Consumer(conf, tracing=tracing)
    consumer.assign([TopicPartition(topic, 0, 0)])
    for number in range(20):
        message = consumer.poll(30)
        assert message is not None
        with consumer.process(message):
            if number % 5 == 0:
                letters.produce(f"{topic}.dlq", message.value())
                letters.flush(10)
    consumer.close()


def named(spans: list[ReadableSpan], name: str) -> list[ReadableSpan]:
    return [span for span in spans if span.name.startswith(name)]


def test_jaeger_warns_of_nothing_on_one_host(broker: str, topic: str) -> None:
    assert warnings(through(broker, topic, NODE_1, NODE_1)) == []


@pytest.mark.parametrize("attribute", ["host.id", "host.ip"])
def test_whatever_names_the_host_is_the_queue_spans_too(broker: str, topic: str, attribute: str) -> None:
    where = {attribute: "10.0.0.7"}
    assert warnings(through(broker, topic, where, where)) == []


def test_without_a_host_jaeger_warns(broker: str, topic: str) -> None:
    """That the rules are the ones that make a host necessary."""
    assert len(warnings(through(broker, topic, {}, {}))) >= 20


def test_between_two_hosts_the_clocks_meet_at_the_queue_span(broker: str, topic: str) -> None:
    """It begins by the sender's clock, in milliseconds, and ends by the receiver's: that alone can look like a skew."""
    spans = through(broker, topic, NODE_1, NODE_2)
    assert {host(span) for span in named(spans, "queue")} == {"node-2"}
    assert all(0 < moved <= 1_000_000 for _, moved in warnings(spans))


def test_the_queue_spans_resource_says_where_it_is_and_not_who_drew_it(broker: str, topic: str) -> None:
    given = {
        "host.name": "node-1",
        "k8s.namespace.name": "shop",
        "tracedpipeline.name": "orders",
        "k8s.pod.name": "orders-consumer-0",
        "service.instance.id": "7",
        "process.pid": "1",
    }
    spans = through(broker, topic, given, given)
    assert named(spans, "process")[0].resource.attributes.items() >= given.items()
    assert dict(named(spans, "queue")[0].resource.attributes) == {
        "host.name": "node-1",
        "k8s.namespace.name": "shop",
        "tracedpipeline.name": "orders",
        "service.name": "kafka",
    }
