"""The corpus through a broker and back: what librdkafka makes of such headers is not always what was sent."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import confluent_kafka
import kafkatrace
from confluent_kafka import Message, TopicPartition
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests import librdkafka
from tests.fuzz import raw
from tests.fuzz.corpus import CORPUS, Headers
from tests.fuzz.test_headers import read

QUIET = {"log_level": 0, "message.max.bytes": 10_000_000}


def sendable(headers: Headers | None) -> bool:
    """Not half a surrogate pair, which the client refuses."""
    texts = [value for _, value in headers or [] if isinstance(value, str)]
    return not any("\ud800" <= each <= "\udfff" for text in texts for each in text)


def polled(consumer: confluent_kafka.Consumer, topic: str, count: int) -> Iterator[Message]:
    consumer.assign([TopicPartition(topic, 0, 0)])
    for _ in range(count):
        message = consumer.poll(10)
        assert message is not None
        assert message.error() is None
        yield message


def test_every_case_arrives_is_handled_in_a_span_and_is_sent_on_readably(broker: str) -> None:
    conf: dict[str, Any] = {"bootstrap.servers": broker, "group.id": "fuzz", **QUIET}
    exporter = InMemorySpanExporter()
    tracing = kafkatrace.configure("fuzz", exporter=exporter)
    stranger = confluent_kafka.Producer({"bootstrap.servers": broker, **QUIET})
    producer = kafkatrace.Producer({"bootstrap.servers": broker, **QUIET}, tracing=tracing)
    sent = [headers for headers in CORPUS.values() if sendable(headers)]
    for headers in sent:
        stranger.produce("strange", b"v", partition=0, headers=headers or [])
    assert stranger.flush(30) == 0
    own = []
    with kafkatrace.Consumer(conf, tracing=tracing) as consumer:
        for message in polled(consumer, "strange", len(sent)):
            with consumer.process(message) as span:
                own.append(span.get_span_context())
                producer.produce("onward", message.value(), partition=0, headers=message.headers())
    assert producer.flush(30) == 0
    with confluent_kafka.Consumer(conf) as reader:
        onward = [read(message.headers())[0] for message in polled(reader, "onward", len(sent))]
    tracing.shutdown(30)
    assert [(each.trace_id, each.trace_state) for each in onward] == [(each.trace_id, each.trace_state) for each in own]
    names = [span.name.split()[0] for span in exporter.get_finished_spans()]
    sampled = sum(each.trace_flags.sampled for each in own)
    assert [names.count(name) for name in ("process", "queue", "send")] == [sampled] * 3
    assert sampled > 60


_HANDLE = """
import sys
import kafkatrace
from confluent_kafka import TopicPartition
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
exporter = InMemorySpanExporter()
tracing = kafkatrace.configure("fuzz", exporter=exporter)
conf = {"bootstrap.servers": sys.argv[1], "group.id": "fuzz", "enable.auto.commit": False, "log_level": 0}
consumer, producer = kafkatrace.Consumer(conf), kafkatrace.Producer({"bootstrap.servers": sys.argv[1]})
consumer.assign([TopicPartition(sys.argv[2], 0, 0)])
one = consumer.poll(10)
(two,) = consumer.consume(1, 10)
for message in (one, two):
    with consumer.process(message) as span:
        producer.produce("onward", b"v", headers=kafkatrace.context_headers(message))
        producer.produce("onward", b"v", headers=message.headers())
producer.flush(10)
consumer.close()
tracing.shutdown(10)
print(sorted(span.name.split()[0] for span in exporter.get_finished_spans()), tracing.counters.malformed_headers)
"""


def test_a_header_whose_name_is_not_utf_8_does_not_end_the_process(broker: str) -> None:
    kafka = librdkafka.library()
    for headers in ([(b"\xff", b"1"), (b"traceparent", b"x")], [(b"traceparent", b"x"), (b"\xff", b"1"), (b"a", b"2")]):
        raw.send(kafka, broker, "names", headers)
    child = subprocess.run(
        [sys.executable, "-c", _HANDLE, broker, "names"], capture_output=True, text=True, timeout=60, check=False
    )
    assert child.returncode == 0, child.stderr
    spans = ["poll", "process", "process", "queue", "queue", "send", "send", "send", "send"]
    assert child.stdout == f"{spans} 2\n"
