"""`opentelemetry-instrument python app.py`, where app.py knows nothing of kafkatrace."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.unit.conftest import Collector

INSTRUMENT: Final = Path(sys.executable).with_name("opentelemetry-instrument")
# Another instrumentation's spans go to the global provider, and so to the standard output.
BEGIN: Final = """
import sys
import confluent_kafka
from confluent_kafka import Consumer, DeserializingConsumer, Producer, SerializingProducer, TopicPartition
from confluent_kafka.aio import AIOConsumer, AIOProducer
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(formatter=lambda span: span.name + "\\n")))
trace.set_tracer_provider(provider)
conf = {"bootstrap.servers": sys.argv[1], "log_level": 0}
group = {**conf, "group.id": "billing", "auto.offset.reset": "earliest"}
place = [TopicPartition("orders", 0, 0)]
"""
POLLED: Final = """
producer = Producer(conf)
producer.produce("orders", b"v", partition=0)
producer.flush(10)
consumer = Consumer(group)
consumer.assign(place)
assert consumer.poll(10).value() == b"v"
producer.produce("done", b"w", partition=0)
producer.flush(10)
consumer.close()
"""
CONSUMED: Final = """
producer = confluent_kafka.Producer(conf)
producer.produce("orders", b"v", partition=0)
producer.flush(10)
consumer = confluent_kafka.Consumer(group)
consumer.assign(place)
for message in consumer.consume(1, 10):
    producer.produce("done", message.value(), partition=0)
producer.flush(10)
consumer.close()
"""
SERIALIZED: Final = """
producer = SerializingProducer({**conf, "value.serializer": lambda value, _: value.encode()})
producer.produce("orders", value="v", partition=0)
producer.flush(10)
consumer = DeserializingConsumer({**group, "value.deserializer": lambda value, _: value.decode()})
consumer.assign(place)
assert consumer.poll(10).value() == "v"
producer.produce("done", value="w", partition=0)
producer.flush(10)
consumer.close()
"""
AIO: Final = """
import asyncio

async def main():
    producer, consumer = AIOProducer(dict(conf), batch_size=1), AIOConsumer(dict(group))
    await (await producer.produce("orders", b"v", partition=0))
    await consumer.assign(place)
    message = None
    while message is None:
        message = await consumer.poll(1)
    await (await producer.produce("done", b"w", partition=0))
    await consumer.close()
    await producer.close()

asyncio.run(main())
"""
APPLICATIONS: Final = {"poll": POLLED, "consume": CONSUMED, "serializers": SERIALIZED, "asyncio": AIO}


def run(tmp_path: Path, collector: Collector, broker: str, code: str, **environment: str) -> Any:
    application = tmp_path / "app.py"
    application.write_text(BEGIN + code)
    command = [str(INSTRUMENT), sys.executable, str(application), broker]
    env = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, **environment}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done


def one(collector: Collector, name: str) -> Span:
    (span,) = collector.spans(name)
    return span


@pytest.mark.parametrize("kind", APPLICATIONS)
def test_an_unmodified_application_gives_one_connected_trace(
    tmp_path: Path, collector: Collector, failing: Any, kind: str
) -> None:
    done = run(tmp_path, collector, failing.servers, APPLICATIONS[kind])
    chain = [one(collector, name) for name in ("send orders", "queue orders", "process orders", "send done")]
    assert len({span.trace_id for span in chain}) == 1
    assert [span.parent_span_id for span in chain] == [b"", *(span.span_id for span in chain[:-1])]
    assert done.stdout == "", "the other instrumentation draws spans, too"


def test_the_log_says_that_contribs_instrumentation_is_switched_off(
    tmp_path: Path, collector: Collector, failing: Any
) -> None:
    done = run(tmp_path, collector, failing.servers, POLLED)
    said = [line for line in done.stderr.splitlines() if "opentelemetry-instrumentation-confluent-kafka" in line]
    assert len(said) == 1
    assert "is switched off" in said[0]
    assert "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=kafkatrace" in said[0]


def test_contribs_instrumentation_alone_draws_its_own(tmp_path: Path, collector: Collector, failing: Any) -> None:
    done = run(tmp_path, collector, failing.servers, POLLED, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="kafkatrace")
    assert "orders send\n" in done.stdout
    assert collector.spans() == []
    assert "switched off" not in done.stderr


@pytest.mark.parametrize(
    ("code", "clients"), [(POLLED, "Consumer, Producer"), (AIO, "AIOConsumer, AIOProducer")], ids=["poll", "asyncio"]
)
def test_an_application_that_has_our_clients_has_each_span_once_beside_contribs_instrumentation(
    tmp_path: Path, collector: Collector, failing: Any, code: str, clients: str
) -> None:
    ours = f"from kafkatrace import {clients}\n{code}"
    done = run(tmp_path, collector, failing.servers, ours, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="kafkatrace")
    assert one(collector, "send orders").parent_span_id == b""
    assert done.stdout == ""


def test_it_is_undone(tmp_path: Path, collector: Collector, failing: Any) -> None:
    undo = "from kafkatrace.instrumentor import KafkatraceInstrumentor\nKafkatraceInstrumentor().uninstrument()\n"
    again = "Producer, Consumer = confluent_kafka.Producer, confluent_kafka.Consumer\n"
    run(tmp_path, collector, failing.servers, undo + again + POLLED)
    assert collector.spans() == []
