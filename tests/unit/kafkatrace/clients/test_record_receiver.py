from typing import Any

import pytest
from confluent_kafka import Message
from kafkatrace import RecordReceiver
from kafkatrace.spans import semconv
from kafkatrace.tracing import Tracing
from opentelemetry.sdk.metrics.export import MetricsData

from tests.unit.kafkatrace.handmade import message
from tests.unit.kafkatrace.recording import PARENT, UNSAMPLED, Recorder, ids, say

CONF = {"group.id": "g", "client.id": "c", "bootstrap.servers": "broker:9092"}
POLLED = 1_500 * 1_000_000


def test_a_record_gets_the_spans_of_a_polled_one(recorder: Recorder) -> None:
    receiver = RecordReceiver(CONF, cluster_id="cluster-1", tracing=recorder.tracing)
    with receiver.process(message([("traceparent", PARENT)]), POLLED):
        pass
    queued, processed = recorder.span("queue t"), recorder.span("process t")
    assert ids(processed)[2] == ids(queued)[1]
    assert ids(queued)[2] == int(PARENT[36:52], 16)
    assert (queued.start_time, queued.end_time) == (1_000 * 1_000_000, POLLED)
    assert say(processed, "messaging.kafka.cluster.id") == "cluster-1"
    assert say(processed, "messaging.client.id") == "c"
    assert say(processed, "messaging.consumer.group.name") == "g"
    assert say(processed, semconv.POLL_TIME_KNOWN) is None


def test_without_a_time_the_queue_span_ends_where_processing_begins(recorder: Recorder) -> None:
    with RecordReceiver(CONF, tracing=recorder.tracing).process(message()):
        pass
    queued, processed = recorder.span("queue t"), recorder.span("process t")
    assert queued.end_time == processed.start_time
    assert say(processed, semconv.POLL_TIME_KNOWN) is False
    assert say(processed, "messaging.kafka.cluster.id") is None


def test_with_link_each_has_a_trace_of_its_own(recorder: Recorder) -> None:
    with RecordReceiver(CONF, tracing=recorder.tracing, link=True).process(message([("traceparent", PARENT)])):
        pass
    processed = recorder.span("process t")
    assert ids(processed)[0] != int(PARENT[3:35], 16)
    assert processed.links[0].context.span_id == int(PARENT[36:52], 16)


def test_every_record_counts(recorder: Recorder) -> None:
    receiver = RecordReceiver(CONF, tracing=recorder.tracing)
    for _ in range(3):
        with receiver.process(message()):
            pass
    assert _consumed(recorder.tracing.collect_metrics()) == 3


def test_a_message_that_is_no_record_is_refused(tracing: Tracing) -> None:
    with pytest.raises(ValueError, match="without topic, partition and offset"):
        RecordReceiver(CONF, tracing=tracing).process(Message(topic="t"))


PLACE: Any = {"topic": "t", "partition": 0, "offset": 7}


class Event(Message):
    """Looks like a record but for its error."""

    def error(self) -> Any:
        return "partition end"


@pytest.mark.parametrize("headers", [None, [("traceparent", PARENT)], [("traceparent", UNSAMPLED)]])
@pytest.mark.parametrize("missing", [["topic"], ["partition"], ["offset"], ["topic", "partition", "offset"]])
@pytest.mark.parametrize("polled", [None, POLLED])
def test_without_a_place_a_message_is_refused_whatever_it_carries(
    recorder: Recorder, headers: Any, missing: list[str], polled: int | None
) -> None:
    receiver = RecordReceiver(CONF, tracing=recorder.tracing)
    lacking = Message(headers=headers, **{name: value for name, value in PLACE.items() if name not in missing})
    with pytest.raises(ValueError, match="without topic, partition and offset"):
        receiver.process(lacking, polled)
    with receiver.process(Message(**PLACE), POLLED):
        pass
    assert _consumed(recorder.tracing.collect_metrics()) == 1
    assert len(recorder.spans()) == 2


@pytest.mark.parametrize("flags", [b"00", b"01"])
def test_an_event_is_refused_even_with_a_traceparent(tracing: Tracing, flags: bytes) -> None:
    event = Event(headers=[("traceparent", PARENT[:-2] + flags)], **PLACE)
    with pytest.raises(ValueError, match="partition end"):
        RecordReceiver(CONF, tracing=tracing).process(event)


@pytest.mark.parametrize("headers", [None, [("traceparent", PARENT)]])
@pytest.mark.parametrize("polled", [-1, 2**63, 1.5, "now", "", True, b"", []])
def test_a_time_that_is_none_is_refused(recorder: Recorder, headers: Any, polled: Any) -> None:
    receiver = RecordReceiver(CONF, tracing=recorder.tracing)
    with pytest.raises(ValueError, match="nanoseconds since the epoch"):
        receiver.process(Message(headers=headers, **PLACE), polled)
    assert recorder.spans() == []


def test_the_latest_time_is_one(recorder: Recorder) -> None:
    with RecordReceiver(CONF, tracing=recorder.tracing).process(message(), 2**63 - 1):
        pass
    assert recorder.span("queue t").end_time == 2**63 - 1


def _consumed(data: MetricsData) -> int:
    (points,) = (
        metric.data.data_points
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "messaging.client.consumed.messages"
    )
    return sum(point.value for point in points)  # type: ignore[union-attr,misc] # a counter's
