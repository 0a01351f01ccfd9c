from collections.abc import Iterator
from pathlib import Path

import confluent_kafka
import pytest
from kafkatrace import Consumer, Producer
from opentelemetry import baggage

from tests.unit.kafkatrace.recording import Receive, Recorder, ids, send, traceparents

FOLDER = Path(__file__).parents[1] / "interop"
BAGGAGE = {"plain": "-._~!$'()*&@:", "tenant": "7", "user": 'Amélie 1+1=2, 100%; "a/b"'}


def golden(name: str) -> Iterator[tuple[str, bytes]]:
    """The headers that another tracer writes, byte for byte."""
    for line in (FOLDER / name).read_bytes().splitlines():
        key, _, value = line.partition(b": ")
        yield key.decode(), value


@pytest.mark.parametrize("name", ["java_agent_01.headers", "java_agent_03.headers"])
def test_a_trace_of_the_java_agent_goes_on_with_its_state_and_baggage(
    bare: confluent_kafka.Producer,
    producer: Producer,
    topic: str,
    consumer: Consumer,
    receive: Receive,
    recorder: Recorder,
    name: str,
) -> None:
    headers = dict(golden(name))
    send(bare, topic, *headers.items())
    with consumer.process(receive()):
        assert baggage.get_all() == BAGGAGE
        producer.produce(topic, b"next hop", partition=0)
    producer.flush(10)
    given = headers["traceparent"].decode().split("-")
    assert ids(recorder.span("queue"))[0] == int(given[1], 16)
    assert ids(recorder.span("queue"))[2] == int(given[2], 16)
    onwards = receive()
    sent = recorder.span("send").get_span_context()
    assert sent is not None
    assert traceparents(onwards) == [f"00-{given[1]}-{sent.span_id:016x}-{given[3]}".encode()]
    assert ("tracestate", headers["tracestate"]) in (onwards.headers() or [])
