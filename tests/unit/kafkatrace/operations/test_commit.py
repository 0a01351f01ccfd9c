import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from kafkatrace import Consumer
from kafkatrace.operations.commit import Settling
from kafkatrace.spans.client_attributes import ClusterId
from opentelemetry.sdk.metrics.export import HistogramDataPoint
from opentelemetry.trace import SpanKind, StatusCode

from tests.unit.kafkatrace.recording import QUIET, Receive, Recorder, beside_the_server, ids, say, send

Made = Callable[..., Consumer]
NEVER = {"enable.auto.commit": False}


pytestmark = pytest.mark.usefixtures("commit_traces")


@pytest.fixture
def made(broker: str, topic: str, bare: confluent_kafka.Producer, recorder: Recorder) -> Made:
    """Make a consumer of a topic with one record."""
    send(bare, topic)

    def make(**conf: Any) -> Consumer:
        given = {"bootstrap.servers": broker, "group.id": topic, "auto.offset.reset": "earliest", **QUIET, **conf}
        consumer = Consumer(given, tracing=recorder.tracing)
        consumer.assign([TopicPartition(topic, 0, 0)])
        return consumer

    return make


def first(consumer: Consumer) -> Message:
    message = consumer.poll(10)
    assert message is not None
    assert message.error() is None
    return message


def until(consumer: Consumer, happened: list[Any]) -> None:
    for _ in range(100):
        consumer.poll(0.1)
        if happened:
            return
    raise AssertionError("nothing for 10 s")


def test_what_a_commit_says(made: Made, topic: str, recorder: Recorder) -> None:
    with made(**NEVER) as consumer:
        message = first(consumer)
        (committed,) = consumer.commit(message, asynchronous=False)
    assert committed.offset == 1
    span = recorder.span(f"commit {topic}")
    assert span.kind is SpanKind.CLIENT
    assert span.parent is None
    assert span.status.status_code is StatusCode.UNSET
    assert beside_the_server(span) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "commit",
        "messaging.operation.type": "settle",
        "messaging.client.id": "rdkafka",
        "messaging.consumer.group.name": topic,
        "messaging.destination.name": topic,
        "messaging.destination.partition.id": "0",
        "messaging.kafka.offset": 1,
    }


def test_a_commit_inside_process_is_a_child(made: Made, recorder: Recorder) -> None:
    with made(**NEVER) as consumer:
        message = first(consumer)
        with consumer.process(message):
            consumer.commit(message, asynchronous=False)
            consumer.commit(message)
    first_, second = recorder.spans("commit")
    assert ids(first_)[2] == ids(second)[2] == ids(recorder.span("process"))[1]


def test_an_asynchronous_commit_lasts_until_its_answer(made: Made, topic: str, recorder: Recorder) -> None:
    told: list[tuple[KafkaError | None, int, int]] = []
    with made(
        on_commit=lambda error, partitions: told.append((error, partitions[0].offset, time.time_ns())), **NEVER
    ) as consumer:
        message = first(consumer)
        start = time.time_ns()
        assert consumer.commit(message) is None
        asked = time.time_ns()
        time.sleep(0.2)  # no answer is taken meanwhile
        slept = time.time_ns()
        assert recorder.exporter.get_finished_spans() == ()
        until(consumer, told)
    ((error, offset, answered),) = told
    assert (error, offset) == (None, 1)
    span = recorder.span(f"commit {topic}")
    assert say(span, "messaging.kafka.offset") == 1
    assert start <= (span.start_time or 0) <= asked
    assert slept <= (span.end_time or 0) <= answered
    assert recorder.tracing.shutdown(60).dropped == 0


def test_an_automatic_commit_has_a_span(made: Made, topic: str, recorder: Recorder) -> None:
    told: list[object] = []
    with made(on_commit=lambda *given: told.append(given), **{"auto.commit.interval.ms": 50}) as consumer:
        first(consumer)
        until(consumer, told)
    span = recorder.spans(f"commit {topic}")[0]
    assert say(span, "messaging.operation.type") == "settle"
    assert say(span, "messaging.kafka.offset") == 1
    assert span.parent is None


def test_a_commit_of_nothing_is_an_error(made: Made, recorder: Recorder) -> None:
    with made(**NEVER) as consumer:
        with pytest.raises(KafkaException, match="_NO_OFFSET"):
            consumer.commit(asynchronous=False)
        consumer.commit()  # says so to on_commit
    at_once, later = recorder.spans("commit")
    for span in (at_once, later):
        assert say(span, "error.type") == "_NO_OFFSET"
        assert span.status.status_code is StatusCode.ERROR


def test_automatic_commits_of_nothing_have_no_span(recorder: Recorder) -> None:
    told: list[Any] = []
    settling = Settling(recorder.tracing, {"on_commit": lambda *given: told.append(given)}, ClusterId())
    nothing = KafkaError(KafkaError._NO_OFFSET)
    settling.reported(nothing, [])
    assert told == [(nothing, [])]
    assert recorder.spans("commit") == []


def test_an_offset_that_is_none_is_not_told(topic: str, recorder: Recorder) -> None:
    Settling(recorder.tracing, {}, ClusterId()).reported(None, [TopicPartition(topic, 3)])
    span = recorder.span(f"commit {topic}")
    assert say(span, "messaging.destination.partition.id") == "3"
    assert say(span, "messaging.kafka.offset") is None


def test_commits_of_several_topics_name_none(topic: str, recorder: Recorder) -> None:
    several = [TopicPartition(topic, 0, 1), TopicPartition(f"{topic}-1", 0, 1)]
    Settling(recorder.tracing, {}, ClusterId()).reported(None, several)
    assert say(recorder.span("commit"), "messaging.destination.name") is None


def test_a_commit_for_an_unknown_topic_is_an_error(made: Made, topic: str, recorder: Recorder) -> None:
    unknown = TopicPartition(f"{topic}-missing", 99, 1)
    with made(**NEVER) as consumer, pytest.raises(KafkaException, match="UNKNOWN_TOPIC_OR_PART"):
        consumer.commit(offsets=[unknown], asynchronous=False)
    assert say(recorder.span("commit"), "error.type") == "UNKNOWN_TOPIC_OR_PART"


def test_the_error_of_one_partition_is_told(topic: str, recorder: Recorder) -> None:
    told: list[Any] = []
    settling = Settling(recorder.tracing, {"on_commit": lambda *given: told.append(given)}, ClusterId())
    refused: Any = SimpleNamespace(
        topic=topic, partition=0, offset=1, error=KafkaError(KafkaError.REBALANCE_IN_PROGRESS)
    )
    settling.reported(None, [refused])
    with settling.call() as settle:
        settle.partitions = [refused]
    assert told == [(None, [refused])]
    assert {say(span, "error.type") for span in recorder.spans(f"commit {topic}")} == {"REBALANCE_IN_PROGRESS"}


def test_bad_arguments_are_refused_and_the_span_ends(made: Made, recorder: Recorder) -> None:
    with made(**NEVER) as consumer:
        with pytest.raises(TypeError):
            consumer.commit(5)
        with pytest.raises(TypeError):
            consumer.commit(5, asynchronous=False)
        consumer.commit(first(consumer))
    spans = recorder.spans("commit")
    assert [say(span, "error.type") for span in spans] == ["TypeError", "TypeError", None]
    assert len({ids(span) for span in spans}) == 3


def test_an_exception_of_the_users_on_commit_comes_out(made: Made, recorder: Recorder) -> None:
    def fail(_: object, __: object) -> None:
        raise LookupError("no such order")

    consumer = made(on_commit=fail, **NEVER)
    consumer.commit(first(consumer))
    with pytest.raises(LookupError, match="no such order"):
        until(consumer, [])
    consumer.close()
    assert len(recorder.spans("commit")) == 1


def test_commits_still_under_way_end_with_close(made: Made, recorder: Recorder) -> None:
    consumer = made(**NEVER)
    message = first(consumer)
    for _ in range(3):
        consumer.commit(message)
    consumer.close()
    assert len(recorder.spans("commit")) == 3
    assert recorder.tracing.shutdown(60).dropped == 0


def test_stored_offsets_are_committed(made: Made, topic: str, recorder: Recorder, receive: Receive) -> None:
    with made(**NEVER, **{"enable.auto.offset.store": False}) as consumer:
        consumer.store_offsets(first(consumer))
        consumer.commit(asynchronous=False)
        (committed,) = consumer.committed([TopicPartition(topic, 0)], 10)
    assert committed.offset == 1
    assert say(recorder.span("commit"), "messaging.kafka.offset") == 1


@pytest.fixture
def as_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKATRACE_COMMIT_TRACES")


def test_commits_outside_of_a_trace_are_counted_and_not_drawn(
    as_usual: None, made: Made, topic: str, recorder: Recorder
) -> None:
    with made(**NEVER) as consumer:
        message = first(consumer)
        consumer.commit(message, asynchronous=False)
        consumer.commit(message)
        with pytest.raises(TypeError):
            consumer.commit(5)
        with consumer.process(message):
            consumer.commit(message, asynchronous=False)
    Settling(recorder.tracing, {}, ClusterId()).reported(None, [TopicPartition(topic, 0, 1)])
    assert ids(recorder.span("commit"))[2] == ids(recorder.span("process"))[1]
    assert durations(recorder, "commit") == 5
    assert recorder.tracing.shutdown(60).dropped == 0


def durations(recorder: Recorder, operation: str) -> int:
    """How many operations of the kind the histogram of durations has."""
    points = [
        point
        for resource in recorder.tracing.collect_metrics().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "messaging.client.operation.duration"
        for point in metric.data.data_points
    ]
    return sum(
        point.count
        for point in points
        if isinstance(point, HistogramDataPoint)
        and (point.attributes or {}).get("messaging.operation.name") == operation
    )
