"""kafkatrace in the SDK that a user has, and other instrumentation in kafkatrace's pipeline."""

import os
import subprocess
import sys
from typing import Any

import kafkatrace
import pytest
from confluent_kafka import TopicPartition
from kafkatrace import Consumer, Producer
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, Sampler

from tests.unit.kafkatrace.recording import QUIET, ids, say


class Stamp(SpanProcessor):
    """A user's processor, which adds an attribute to each span."""

    def on_start(self, span: Span, parent_context: object = None) -> None:
        span.set_attribute("team", "billing")


class Theirs:
    """A user's SDK, and clients that were configured with it."""

    def __init__(self, broker: str, sampler: Sampler = ALWAYS_ON) -> None:
        self.exporter = InMemorySpanExporter()
        resource = Resource({"service.name": "shop", "host.name": "node-1"})
        self.provider = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
        self.provider.add_span_processor(Stamp())
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracing = kafkatrace.configure(tracer_provider=self.provider)
        self.producer = Producer({"bootstrap.servers": broker, "linger.ms": 0, **QUIET})
        self.consumer = Consumer({"bootstrap.servers": broker, "group.id": "billing", **QUIET})

    def journey(self, topic: str, error: Exception | None = None) -> None:
        with self.provider.get_tracer("shop").start_as_current_span("request"):
            self.producer.produce(topic, b"v", partition=0)
        self.producer.flush(10)
        self.consumer.assign([TopicPartition(topic, 0, 0)])
        (message,) = self.consumer.consume(1, 10)
        with self.consumer.process(message), self.provider.get_tracer("sqlalchemy").start_as_current_span("query"):
            if error is not None:
                raise error

    def spans(self) -> dict[str, ReadableSpan]:
        self.consumer.close()
        assert self.tracing.shutdown(60).dropped == 0
        return {span.name.split()[0]: span for span in self.exporter.get_finished_spans()}


def test_our_spans_go_through_the_users_processors(broker: str, topic: str) -> None:
    theirs = Theirs(broker)
    theirs.journey(topic)
    spans = theirs.spans()
    chain = [spans[name] for name in ("request", "send", "queue", "process", "query")]
    assert [say(span, "team") for span in chain] == ["billing"] * 5
    assert len({ids(span)[0] for span in chain}) == 1
    assert [ids(span)[2] for span in chain] == [None, *(ids(span)[1] for span in chain[:-1])]


def test_the_service_is_the_users_and_the_queue_span_the_clusters(broker: str, topic: str) -> None:
    theirs = Theirs(broker)
    theirs.journey(topic)
    resources = {name: dict(span.resource.attributes) for name, span in theirs.spans().items()}
    assert resources["send"]["service.name"] == resources["process"]["service.name"] == "shop"
    assert resources["queue"]["service.name"] == "kafka"
    assert resources["queue"]["host.name"] == "node-1"


def test_times_status_and_events_arrive_as_they_were(broker: str, topic: str) -> None:
    theirs = Theirs(broker)
    with pytest.raises(LookupError):
        theirs.journey(topic, LookupError("no such order"))
    processed = theirs.spans()["process"]
    assert processed.status.status_code is trace.StatusCode.ERROR
    assert [event.name for event in processed.events] == ["exception"]
    assert processed.start_time is not None
    assert processed.end_time is not None
    assert processed.start_time < processed.end_time
    assert processed.kind is trace.SpanKind.CONSUMER


@pytest.mark.parametrize("sampler", [ALWAYS_OFF, ParentBased(ALWAYS_OFF)], ids=["off", "parent-based"])
def test_the_users_sampler_decides(broker: str, topic: str, sampler: Sampler) -> None:
    theirs = Theirs(broker, sampler)
    theirs.journey(topic)
    assert theirs.spans() == {}


def test_the_users_provider_is_not_shut_down_with_ours(broker: str, topic: str) -> None:
    theirs = Theirs(broker)
    theirs.spans()
    theirs.provider.get_tracer("shop").start_span("later").end()
    assert [span.name for span in theirs.exporter.get_finished_spans()][-1] == "later"


@pytest.mark.parametrize("wrong", [trace.ProxyTracerProvider(), TracerProvider, "provider"])
def test_what_is_no_provider_of_the_sdk_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="tracer_provider"):
        kafkatrace.configure(tracer_provider=wrong)


@pytest.mark.parametrize(
    "given",
    [
        {"service_name": "orders"},
        {"sampling_ratio": 0.5},
        {"exporter": InMemorySpanExporter()},
        {"resource": Resource({})},
    ],
    ids=lambda given: next(iter(given)),
)
def test_what_the_provider_has_itself_is_refused_beside_it(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        kafkatrace.configure(**given, tracer_provider=TracerProvider(shutdown_on_exit=False))


GLOBAL = """
import sys, kafkatrace
from confluent_kafka import Message
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
tracing = kafkatrace.configure("orders", exporter=exporter, set_global=True)
record = Message(topic="orders", partition=0, offset=7, timestamp=(1, 1764000000000), headers=[])
with kafkatrace.RecordReceiver({"group.id": "billing"}).process(record):
    with trace.get_tracer("sqlalchemy").start_as_current_span("query"):
        pass
tracing.shutdown(30)
spans = {span.name: span for span in exporter.get_finished_spans()}
if "off" in sys.argv:
    assert not spans and isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider), spans
else:
    query, process = spans["query"], spans["process orders"]
    assert query.parent.span_id == process.context.span_id
    assert query.resource.attributes["service.name"] == "orders"
"""


@pytest.mark.parametrize("disabled", ["false", "true"])
def test_other_instrumentation_inside_process_is_recorded_by_our_pipeline(disabled: str) -> None:
    command = [sys.executable, "-W", "error", "-c", GLOBAL, *(["off"] if disabled == "true" else [])]
    env = {**os.environ, "OTEL_SDK_DISABLED": disabled}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
