"""OTEL_TRACES_SAMPLER with the name of a sampler that a package brings."""

from collections.abc import Iterator
from pathlib import Path

import confluent_kafka
import kafkatrace
import pytest
from confluent_kafka import TopicPartition
from kafkatrace.context.sampling import Sampling
from kafkatrace.variables import Variables
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ..recording import PARENT, QUIET, UNSAMPLED, send

NAME, ARGUMENT = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"
SAMPLERS = """
from opentelemetry import trace
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult

class First(Sampler):
    def __init__(self, argument):
        self.left = int(argument or 1)
    def should_sample(self, parent_context, trace_id, name, *args, **kwargs):
        self.left -= 1
        return SamplingResult(Decision.RECORD_AND_SAMPLE if self.left >= 0 else Decision.DROP)
    def get_description(self):
        return "First"

class Contrary(First):
    def should_sample(self, parent_context, trace_id, name, *args, **kwargs):
        parent = trace.get_current_span(parent_context).get_span_context()
        sampled = parent.trace_flags.sampled and parent.trace_id == trace_id
        return SamplingResult(Decision.DROP if sampled else Decision.RECORD_AND_SAMPLE)

class Raises(First):
    def should_sample(self, *args, **kwargs):
        raise RuntimeError("no rules yet")

def parentbased_first(argument):
    return ParentBased(First(argument))

def none(argument):
    return object()

def broken(argument):
    raise OSError("the agent is away")
"""
ENTRY_POINTS = """[opentelemetry_traces_sampler]
first = some_samplers:First
contrary = some_samplers:Contrary
raises = some_samplers:Raises
parentbased_first = some_samplers:parentbased_first
none = some_samplers:none
broken = some_samplers:broken
missing = no_such_module:Sampler
"""


@pytest.fixture(autouse=True)
def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some_samplers.py").write_text(SAMPLERS)
    about = tmp_path / "some_samplers-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: some-samplers\nVersion: 1\n")
    (about / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracing(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, exporter: InMemorySpanExporter
) -> Iterator[kafkatrace.Tracing]:
    name, argument = request.param
    monkeypatch.setenv(NAME, name)
    monkeypatch.setenv(ARGUMENT, argument)
    made = kafkatrace.configure("orders", exporter=exporter)
    yield made
    made.shutdown()


def names(tracing: kafkatrace.Tracing, exporter: InMemorySpanExporter) -> list[str]:
    tracing.shutdown(60)
    return sorted(span.name.split()[0] for span in exporter.get_finished_spans())


def process(broker: str, tracing: kafkatrace.Tracing, topic: str, messages: int) -> None:
    conf = {"bootstrap.servers": broker, "group.id": "billing", "auto.offset.reset": "earliest", **QUIET}
    consumer = kafkatrace.Consumer(conf, tracing=tracing)
    consumer.assign([TopicPartition(topic, 0, 0)])
    for _ in range(messages):
        message = consumer.poll(10)
        assert message is not None
        with consumer.process(message):
            pass
    consumer.close()


def produce(broker: str, tracing: kafkatrace.Tracing, topic: str, messages: int) -> None:
    producer = kafkatrace.Producer({"bootstrap.servers": broker, "linger.ms": 0, **QUIET}, tracing=tracing)
    for _ in range(messages):
        producer.produce(topic, b"v", partition=0)
    producer.flush(10)


@pytest.mark.parametrize("tracing", [("parentbased_first", "3")], indirect=True)
def test_it_is_asked_when_a_trace_begins_and_a_trace_stays_whole(
    broker: str, topic: str, tracing: kafkatrace.Tracing, exporter: InMemorySpanExporter
) -> None:
    produce(broker, tracing, topic, 10)
    process(broker, tracing, topic, 10)
    assert names(tracing, exporter) == ["process"] * 3 + ["queue"] * 3 + ["send"] * 3


@pytest.mark.parametrize("tracing", [(" First ", "2")], indirect=True)
def test_one_that_looks_at_no_parent_decides_for_each_side(
    broker: str, topic: str, bare: confluent_kafka.Producer, tracing: kafkatrace.Tracing, exporter: InMemorySpanExporter
) -> None:
    for _ in range(4):
        send(bare, topic, ("traceparent", UNSAMPLED))
    process(broker, tracing, topic, 4)
    assert names(tracing, exporter) == ["process"] * 2 + ["queue"] * 2


@pytest.mark.parametrize("tracing", [("contrary", "")], indirect=True)
def test_it_sees_the_sender(
    broker: str, topic: str, bare: confluent_kafka.Producer, tracing: kafkatrace.Tracing, exporter: InMemorySpanExporter
) -> None:
    for header in (UNSAMPLED, PARENT, UNSAMPLED):
        send(bare, topic, ("traceparent", header))
    process(broker, tracing, topic, 3)
    assert names(tracing, exporter) == ["process"] * 2 + ["queue"] * 2


@pytest.mark.parametrize("tracing", [("first", "2")], indirect=True)
def test_a_users_own_spans_are_asked_of_it_too(tracing: kafkatrace.Tracing, exporter: InMemorySpanExporter) -> None:
    for number in range(5):
        tracing.tracer.start_span(f"own{number}").end()
    assert names(tracing, exporter) == ["own0", "own1"]


@pytest.mark.parametrize("tracing", [("raises", "")], indirect=True)
def test_one_that_raises_is_told_of_once_and_the_senders_decision_counts(
    broker: str,
    topic: str,
    bare: confluent_kafka.Producer,
    tracing: kafkatrace.Tracing,
    exporter: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for header in (UNSAMPLED, PARENT):
        send(bare, topic, ("traceparent", header))
    process(broker, tracing, topic, 2)
    produce(broker, tracing, topic, 2)
    tracing.tracer.start_span("own").end()
    assert names(tracing, exporter) == ["own", "process", "queue", "send", "send"]
    (record,) = caplog.records
    assert record.getMessage().startswith("the sampler raised; using parentbased_always_on")


@pytest.mark.parametrize(
    ("name", "why"), [("none", "it is no Sampler"), ("broken", "the agent is away"), ("missing", "No module named")]
)
def test_one_that_cant_be_made_is_named_and_the_default_used(
    name: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert Sampling.read(None, Variables({NAME: name})) == Sampling(1, True)
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{NAME} is '{name}': it can't be made")
    assert why in record.getMessage()
    assert record.getMessage().endswith("; using parentbased_always_on instead")
