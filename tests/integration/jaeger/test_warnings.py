"""What Jaeger itself warns of in the traces of messages, and that the operator's look at them adds nothing."""

from collections import Counter
from urllib.parse import urlencode

import kafkatrace
import pytest
from kafkatrace import Consumer, Producer
from tracedpipeline.api import TracedPipeline
from tracedpipeline.jaeger.search import find_traces
from tracedpipeline.untrusted.bounded_http import open_session

from tests.integration.jaeger.conftest import Jaeger

TOPIC = "traced-topic"
MESSAGES = 50
QUIET = {"log_level": 0}


def through(jaeger: Jaeger, monkeypatch: pytest.MonkeyPatch, attributes: str) -> None:
    """Send messages that wait for each other, and process them, with these attributes on the resource of both ends."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", jaeger.otlp)
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", attributes)
    monkeypatch.setenv("KAFKATRACE_CLUSTER_NAME", "orders-kafka")
    sender, receiver = kafkatrace.configure("orders-producer"), kafkatrace.configure("orders-consumer")
    producer = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, **QUIET}, tracing=sender)
    for _ in range(MESSAGES):
        producer.produce(TOPIC, b"order")
    producer.flush()
    brokers = producer.list_topics(TOPIC, timeout=10).brokers.values()
    servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    conf = {"bootstrap.servers": servers, "group.id": "g", "auto.offset.reset": "earliest", **QUIET}
    with Consumer(conf, tracing=receiver) as consumer:
        consumer.subscribe([TOPIC])
        for _, _message in zip(range(MESSAGES), consumer, strict=False):
            pass
    assert (sender.shutdown().dropped, receiver.shutdown().dropped) == (0, 0)


def on_the_page(jaeger: Jaeger) -> Counter[str]:
    """Return how many warnings the spans of each kind have, as Jaeger's web page reads them."""
    found = Counter[str]()
    for trace in jaeger.get(f"/api/traces?service=orders-consumer&operation=process+{TOPIC}&limit=100")["data"]:
        for span in trace["spans"]:
            found[span["operationName"].split()[0]] += len(span.get("warnings") or ())
    return +found


def in_memory(jaeger: Jaeger, *, adjusted: bool) -> Counter[str]:
    """Return how many are in Jaeger's memory, before or after it adds those of this read."""
    query = urlencode(
        {
            "query.service_name": "orders-consumer",
            "query.start_time_min": "1970-01-01T00:00:00Z",
            "query.start_time_max": "2999-01-01T00:00:00Z",
            "query.num_traces": "100",
            "query.raw_traces": "false" if adjusted else "true",
        }
    )
    found = Counter[str]()
    for resource in jaeger.get(f"/api/v3/traces?{query}")["result"]["resourceSpans"]:
        for span in resource["scopeSpans"][0]["spans"]:
            for attribute in span["attributes"]:
                if attribute["key"] == "@jaeger@warnings":
                    found[span["name"].split()[0]] += len(attribute["value"]["arrayValue"]["values"])
    return found


@pytest.mark.parametrize("memory", ["128Mi"])
def test_nothing_is_warned_of_on_one_host(jaeger: Jaeger, monkeypatch: pytest.MonkeyPatch) -> None:
    through(jaeger, monkeypatch, "host.name=node-1,ip=10.0.0.7")
    assert on_the_page(jaeger) == Counter()
    assert in_memory(jaeger, adjusted=True) == Counter()


@pytest.mark.parametrize("memory", ["128Mi"])
async def test_a_look_at_the_traces_leaves_no_warnings_in_jaegers_memory(
    jaeger: Jaeger, monkeypatch: pytest.MonkeyPatch
) -> None:
    through(jaeger, monkeypatch, "service.version=1")
    spec = {"kafka": {"bootstrapServers": "kafka:9092"}}
    pipeline = TracedPipeline.parse({"metadata": {"name": "orders", "namespace": "shop"}, "spec": spec})
    async with open_session() as session:
        for _ in range(5):
            verdict, _ = await find_traces(session, pipeline, jaeger.query)
            assert verdict.ok
    assert in_memory(jaeger, adjusted=False) == Counter()
    once = in_memory(jaeger, adjusted=True)
    assert once["process"] == MESSAGES, "without a host each span gets a warning"
    assert in_memory(jaeger, adjusted=True)["process"] == 2 * MESSAGES, "and another one with each read"
