"""Topics and message keys that are left out, by argument and by variable."""

import json
from collections.abc import Iterator
from typing import Any

import confluent_kafka
import kafkatrace
import pytest
from confluent_kafka import TopicPartition
from kafkatrace import Consumer, Producer
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.unit.kafkatrace.recording import PARENT, QUIET, say, traceparents

KEY = "messaging.kafka.message.key"


class Application:
    """A producer and a consumer with a Tracing that was configured so."""

    def __init__(self, broker: str, **configured: Any) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracing = kafkatrace.configure("orders", exporter=self.exporter, **configured)
        self.producer = Producer({"bootstrap.servers": broker, "linger.ms": 0, **QUIET})
        self.consumer = Consumer({"bootstrap.servers": broker, "group.id": "billing", **QUIET})

    def journey(self, topic: str) -> confluent_kafka.Message:
        self.producer.produce(topic, b"v", "ann@example.org", partition=0)
        self.producer.flush(10)
        self.consumer.assign([TopicPartition(topic, 0, 0)])
        (message,) = self.consumer.consume(1, 10)
        with self.consumer.process(message):
            pass
        return message

    def spans(self) -> list[Any]:
        self.tracing.shutdown(60)
        return list(self.exporter.get_finished_spans())

    def metrics(self) -> str:
        return json.dumps(json.loads(self.tracing.collect_metrics().to_json()))


@pytest.fixture(params=["argument", "variable"])
def way(request: pytest.FixtureRequest) -> str:
    given: str = request.param
    return given


@pytest.fixture
def reserved(broker: str, way: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """An application that leaves out topics of two patterns."""
    configured: dict[str, Any] = {"exclude_topics": ["audit.*", "internal-?"]}
    if way == "variable":
        monkeypatch.setenv("KAFKATRACE_EXCLUDE_TOPICS", " audit.*, internal-?,")
        configured = {}
    application = Application(broker, **configured)
    yield application
    application.consumer.close()
    application.tracing.shutdown()


@pytest.mark.parametrize("name", ["audit.{}", "internal-{}"])
def test_an_excluded_topic_has_neither_spans_nor_metrics_nor_headers(
    reserved: Application, topic: str, name: str
) -> None:
    excluded = name.format(topic if name.startswith("audit") else topic[-1])
    message = reserved.journey(excluded)
    assert message.headers() is None
    assert reserved.spans() == []
    assert f'"{excluded}"' not in reserved.metrics()


@pytest.mark.parametrize("name", ["{}.audit.log", "AUDIT.{}", "internal-{}0"])
def test_other_topics_are_traced_as_ever(reserved: Application, topic: str, name: str) -> None:
    traced = name.format(topic)
    message = reserved.journey(traced)
    assert len(traceparents(message)) == 1
    assert {span.name for span in reserved.spans()} >= {f"{kind} {traced}" for kind in ("send", "queue", "process")}
    assert f'"{traced}"' in reserved.metrics()


def test_headers_that_a_user_gives_an_excluded_topic_stay_as_they_are(reserved: Application, topic: str) -> None:
    excluded = f"audit.{topic}"
    with reserved.tracing.tracer.start_as_current_span("request"):
        reserved.producer.produce(excluded, b"v", partition=0, headers=[("traceparent", PARENT)])
    reserved.producer.flush(10)
    reserved.consumer.assign([TopicPartition(excluded, 0, 0)])
    message = reserved.consumer.poll(10)
    assert message is not None
    assert message.headers() == [("traceparent", PARENT)]


def test_inside_an_excluded_topics_process_the_surrounding_span_is_the_current_one(
    reserved: Application, topic: str
) -> None:
    message = reserved.journey(f"audit.{topic}")
    with reserved.tracing.tracer.start_as_current_span("batch") as batch, reserved.consumer.process(message) as span:
        assert not span.is_recording()
        assert trace.get_current_span() is batch


def test_message_keys_are_left_out(broker: str, topic: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if way == "variable":
        monkeypatch.setenv("KAFKATRACE_MESSAGE_KEYS", "false")
    application = Application(broker, **({"message_keys": False} if way == "argument" else {}))
    for _ in range(3):  # the first ones of a place are encoded in the background in any case
        application.journey(topic)
        application.tracing.flush(60)
    application.consumer.close()
    spans = application.spans()
    assert [span.name for span in spans].count(f"process {topic}") == 3
    assert [say(span, KEY) for span in spans if say(span, KEY) is not None] == []


def test_message_keys_are_there_by_default(broker: str, topic: str) -> None:
    application = Application(broker)
    application.journey(topic)
    application.consumer.close()
    named = {span.name.split()[0] for span in application.spans() if say(span, KEY) == "ann@example.org"}
    assert named == {"send", "queue", "process"}


@pytest.mark.parametrize("wrong", ["audit.*", b"audit", 5, [5], [None]])
def test_what_are_no_patterns_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="exclude_topics"):
        kafkatrace.configure("orders", exclude_topics=wrong)


@pytest.mark.parametrize("wrong", ["false", 0, []])
def test_what_is_no_bool_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="message_keys"):
        kafkatrace.configure("orders", message_keys=wrong)


def test_a_variable_that_is_neither_true_nor_false_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("KAFKATRACE_MESSAGE_KEYS", "maybe")
    tracing = kafkatrace.configure("orders", exporter=InMemorySpanExporter())
    tracing.shutdown()
    assert [record.getMessage() for record in caplog.records] == [
        "KAFKATRACE_MESSAGE_KEYS is 'maybe': known are true, false; using true instead"
    ]
