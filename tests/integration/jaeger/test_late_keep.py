"""The slow messages among ten thousand, of which one in a hundred is sampled: Jaeger has each of them."""

import json
import time
from urllib.parse import urlencode

import kafkatrace
import pytest
from kafkatrace import Consumer, Producer

from tests.integration.jaeger.conftest import Jaeger, Json

TOPIC = "traced-topic"
MESSAGES = 10_000
EACH = 200  # one of so many is slow
HOUR = 3600
QUIET = {"log_level": 0}
Traces = dict[str, bool]  # by their ids: whether the message is sampled


def through(jaeger: Jaeger, monkeypatch: pytest.MonkeyPatch) -> tuple[Traces, int]:
    """Send and process all; returns the traces of the slow messages, and how many messages were sampled."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", jaeger.otlp)
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "host.name=node-1,ip=10.0.0.7")
    monkeypatch.setenv("KAFKATRACE_KEEP_SLOWER_THAN", str(HOUR / 2))
    sender = kafkatrace.configure("orders-producer", sampling_ratio=0.01)
    receiver = kafkatrace.configure("orders-consumer", sampling_ratio=0.01)
    producer = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, **QUIET}, tracing=sender)
    for number in range(MESSAGES):
        age = HOUR if number % EACH == 0 else 0
        producer.produce(TOPIC, b"order", str(number), timestamp=round((time.time() - age) * 1000))
    producer.flush()
    brokers = producer.list_topics(TOPIC, timeout=10).brokers.values()
    servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    conf = {"bootstrap.servers": servers, "group.id": "g", "auto.offset.reset": "earliest", **QUIET}
    slow: Traces = {}
    sampled = 0
    with Consumer(conf, tracing=receiver) as consumer:
        consumer.subscribe([TOPIC])
        for _, message in zip(range(MESSAGES), consumer, strict=False):
            traceparent, key = dict(message.headers() or ())["traceparent"], message.key()
            assert isinstance(traceparent, bytes)
            assert isinstance(key, bytes)
            is_sampled = traceparent.endswith((b"1", b"3"))
            sampled += is_sampled
            if int(key) % EACH == 0:
                slow[traceparent[3:35].decode()] = is_sampled
    assert (sender.shutdown().dropped, receiver.shutdown().dropped) == (0, 0)
    return slow, sampled


def found(jaeger: Jaeger, **tags: str) -> dict[str, Json]:
    """Return the traces that have a span of the consumer's with these tags, by their ids."""
    query = {"service": "orders-consumer", "limit": "1000", "tags": json.dumps(tags)}
    return {trace["traceID"]: trace for trace in jaeger.get(f"/api/traces?{urlencode(query)}")["data"]}


@pytest.mark.parametrize("memory", ["128Mi"])
def test_each_slow_message_is_there(jaeger: Jaeger, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, sampled = through(jaeger, monkeypatch)
    kept = found(jaeger, **{"kafkatrace.kept": "slow"})
    assert len(slow) == MESSAGES // EACH
    assert kept.keys() == {trace for trace, is_sampled in slow.items() if not is_sampled}
    assert len(found(jaeger)) == len(kept) + sampled, "and nothing else"
    for trace, is_sampled in slow.items():
        spans = {
            span["operationName"].split()[0]: span for span in jaeger.get(f"/api/traces/{trace}")["data"][0]["spans"]
        }
        assert spans.keys() == ({"send", "queue", "process"} if is_sampled else {"queue", "process"})
        assert bool(spans["queue"]["references"]) == is_sampled, "a root, where its parent was not recorded"
        assert not any(span.get("warnings") for span in spans.values())
