"""A Jaeger that gets more traces than it has room for forgets the oldest, and stays up."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import kafkatrace
import pytest
from kafkatrace import Consumer, Producer, Tracing

from tests.integration.jaeger.conftest import Jaeger

TOPIC = "orders"
AT_ONCE = 1000
QUIET = {"log_level": 0}
ORDER = b'{"order": 1, "customer": "customer-17", "amount": "17.25", "padding": "' + b"x" * 180 + b'"}'


@dataclass(frozen=True)
class Pipeline:
    """The two services that a trace comes from, as a pipeline's pods have them."""

    producer: Tracing
    consumer: Tracing

    def flush(self) -> None:
        """Send what has ended, so that no service is ahead of the other by more traces than are kept."""
        self.producer.flush()
        self.consumer.flush()

    def shutdown(self) -> tuple[int, int]:
        """Send what is left; returns how many spans were exported and how many dropped."""
        results = [self.producer.shutdown(), self.consumer.shutdown()]
        return sum(result.exported for result in results), sum(result.dropped for result in results)


@pytest.fixture
def pipeline(jaeger: Jaeger, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", jaeger.otlp)
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    monkeypatch.setenv(
        "OTEL_RESOURCE_ATTRIBUTES",
        "k8s.namespace.name=shop,k8s.pod.name=orders-producer-6c5d8f7b9-x2x7k,tracedpipeline.name=orders",
    )
    names = ("orders-producer", "orders-consumer")
    found = Pipeline(*(kafkatrace.configure(name, sampling_ratio=1) for name in names))
    yield found
    found.shutdown()


@pytest.mark.parametrize(("memory", "times"), [("128Mi", 20), ("512Mi", 2.1)])
def test_many_times_the_traces_that_fit(jaeger: Jaeger, pipeline: Pipeline, times: float) -> None:
    messages = round(jaeger.capacity * times)
    first, last = _messages(jaeger, pipeline, messages)
    exported, dropped = pipeline.shutdown()
    assert dropped == 0
    assert exported >= 3 * messages, "send, queue and process"
    state = jaeger.state()
    assert (state["Running"], state["OOMKilled"]) == (True, False)
    assert jaeger.get(f"/api/traces/{first}") is None, "the oldest is forgotten"
    (newest,) = jaeger.get(f"/api/traces/{last}")["data"]
    assert len(newest["spans"]) == 3
    assert len(jaeger.get("/api/traces?service=orders-consumer&operation=process+orders&limit=20")["data"]) == 20
    assert jaeger.state()["Running"], "also after it was asked"


def _messages(jaeger: Jaeger, pipeline: Pipeline, count: int) -> tuple[str, str]:
    """Send and process so many; returns the ids of the first and of the last trace."""
    producer = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, **QUIET}, tracing=pipeline.producer)
    brokers = producer.list_topics(TOPIC, timeout=10).brokers.values()
    servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    conf = {"bootstrap.servers": servers, "group.id": "trace-group", "auto.offset.reset": "earliest", **QUIET}
    consumer = Consumer(conf, tracing=pipeline.consumer)
    consumer.subscribe([TOPIC])
    traces: list[str] = []
    while len(traces) < count:
        _send(producer, AT_ONCE)
        traces += itertools.islice(_process(consumer), AT_ONCE)
        pipeline.flush()
        assert jaeger.state()["Running"], f"after {len(traces)} traces"
    consumer.close()
    return traces[0], traces[-1]


def _send(producer: Producer, count: int) -> None:
    for number in range(count):
        producer.produce(TOPIC, ORDER, key=f"customer-{number % 100}")
    producer.flush()


def _process(consumer: Consumer) -> Iterator[str]:
    """Yield the id of each message's trace."""
    for message in consumer:
        traceparent = dict(message.headers() or ())["traceparent"]
        assert isinstance(traceparent, bytes)
        yield traceparent.decode().split("-")[1]
