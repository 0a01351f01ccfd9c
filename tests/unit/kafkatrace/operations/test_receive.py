import confluent_kafka
import pytest
from confluent_kafka import Message, TopicPartition
from kafkatrace import Consumer, Producer
from kafkatrace.spans import semconv
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from tests.unit.kafkatrace.recording import Receive, Recorder, ids, say, send


def test_one_connected_trace_from_send_over_queue_to_process(
    producer: Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    producer.produce(topic, b"v", partition=0)
    producer.flush(10)
    with consumer.process(receive()):
        pass
    sent, queued, processed = (recorder.span(name) for name in ("send", "queue", "process"))
    assert {ids(span)[0] for span in (sent, queued, processed)} == {ids(sent)[0]}
    assert ids(sent)[2] is None
    assert ids(queued)[2] == ids(sent)[1]
    assert ids(processed)[2] == ids(queued)[1]
    services = [span.resource.attributes["service.name"] for span in (sent, queued, processed)]
    assert services == ["orders", "kafka", "orders"]
    assert [span.kind for span in (queued, processed)] == [SpanKind.INTERNAL, SpanKind.CONSUMER]


def test_the_queue_span_lasts_from_the_timestamp_to_the_poll(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    send(bare, topic)
    message = receive()
    with consumer.process(message):
        pass
    queued, processed = recorder.span("queue"), recorder.span("process")
    assert queued.start_time == message.timestamp()[1] * 1_000_000
    assert queued.end_time is not None
    assert processed.start_time is not None
    assert processed.end_time is not None
    assert queued.start_time <= queued.end_time <= processed.start_time
    milliseconds = (queued.end_time - queued.start_time) / 1e6
    assert say(processed, semconv.QUEUE_MILLISECONDS) == say(queued, semconv.QUEUE_MILLISECONDS) == milliseconds
    whole = (processed.end_time - queued.start_time) / 1e6
    assert say(processed, semconv.SINCE_TIMESTAMP_MILLISECONDS) == whole
    assert say(queued, semconv.TIMESTAMP_TYPE) == "CreateTime"


def test_what_the_process_span_says(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    send(bare, topic)
    with consumer.process(receive()):
        pass
    attributes = dict(recorder.span(f"process {topic}").attributes or {})
    for measured in (semconv.QUEUE_MILLISECONDS, semconv.SINCE_TIMESTAMP_MILLISECONDS, semconv.SERVER_PORT):
        assert attributes.pop(measured) is not None
    assert str(attributes.pop("messaging.kafka.cluster.id")).startswith("mockCluster")
    assert attributes == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.client.id": "billing-0",
        "messaging.consumer.group.name": "billing",
        "messaging.destination.name": topic,
        "messaging.destination.partition.id": "0",
        "messaging.kafka.offset": 0,
        "messaging.kafka.message.key": "key-1",
        "server.address": "127.0.0.1",
        "kafkatrace.timestamp.type": "CreateTime",
        "kafkatrace.timestamp.resolution_ms": 1,
        "kafkatrace.consumer.lag": 0,
    }


def test_lag_counts_the_records_behind(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    for _ in range(3):
        send(bare, topic)
    with consumer.process(receive()):
        pass
    assert say(recorder.span("process"), semconv.LAG) == 2


def test_a_timestamp_from_the_future_is_shown_as_negative_and_counted(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    bare.produce(topic, b"v", partition=0, timestamp=4_102_444_800_000)
    bare.flush(10)
    with consumer.process(receive()):
        pass
    queued, processed = recorder.span("queue"), recorder.span("process")
    assert queued.start_time == queued.end_time
    for span in (queued, processed):
        assert float(str(say(span, semconv.QUEUE_MILLISECONDS))) < 0
        assert say(span, semconv.CLOCK_SKEW) is True
    assert float(str(say(processed, semconv.SINCE_TIMESTAMP_MILLISECONDS))) < 0
    assert recorder.tracing.counters.negative_queue_times == 1


@pytest.mark.parametrize("timestamp", [-5, 2**63 - 1])
def test_an_absurd_timestamp_costs_only_the_queue_time(
    bare: confluent_kafka.Producer,
    topic: str,
    consumer: Consumer,
    receive: Receive,
    recorder: Recorder,
    timestamp: int,
) -> None:
    bare.produce(topic, b"v", partition=0, timestamp=timestamp)
    bare.flush(10)
    with consumer.process(receive()):
        pass
    assert recorder.span("queue").start_time == recorder.span("queue").end_time
    assert say(recorder.span("process"), semconv.QUEUE_MILLISECONDS) is None


def test_each_message_of_a_batch_has_its_own_connected_spans(
    producer: Producer, topic: str, consumer: Consumer, recorder: Recorder
) -> None:
    for _ in range(150):
        producer.produce(topic, b"v", partition=0)
    producer.flush(10)
    consumer.assign([TopicPartition(topic, 0, 0)])
    messages: list[Message] = []
    while len(messages) < 150:
        messages += [message for message in consumer.consume(150, 10) if message.error() is None]
    for message in messages:
        with consumer.process(message):
            pass
    sent = {ids(span)[1] for span in recorder.spans("send")}
    queued = {ids(span)[1]: ids(span)[2] for span in recorder.spans("queue")}
    processed = [ids(span)[2] for span in recorder.spans("process")]
    assert set(queued.values()) == sent
    assert set(processed) == set(queued)
    assert len(processed) == 150
    assert all(say(span, semconv.POLL_TIME_KNOWN) is None for span in recorder.spans("queue"))


def test_waiting_between_poll_and_process_is_not_queue_time(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    send(bare, topic)
    send(bare, topic)
    first, second = receive(), receive()
    with consumer.process(second):
        pass
    with consumer.process(first):
        pass
    by_offset = {say(span, "messaging.kafka.offset"): span.end_time or 0 for span in recorder.spans("queue")}
    assert by_offset[0] < by_offset[1]


def test_a_message_polled_elsewhere_is_processed_with_a_word_about_it(
    topic: str, consumer: Consumer, recorder: Recorder
) -> None:
    with consumer.process(Message(topic=topic, partition=3, offset=7, timestamp=(1, 1000))):
        pass
    assert say(recorder.span("queue"), semconv.POLL_TIME_KNOWN) is False


def test_the_handlers_exception_is_recorded_and_raised(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    send(bare, topic)
    with pytest.raises(KeyError, match="price"), consumer.process(receive()):
        raise KeyError("price")
    span = recorder.span("process")
    assert span.status.status_code is StatusCode.ERROR
    assert say(span, "error.type") == "KeyError"
    assert [event.name for event in span.events] == ["exception"]
    assert recorder.span("queue").status.status_code is StatusCode.UNSET
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_empty_polls_and_partition_ends_make_nothing(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, recorder: Recorder
) -> None:
    send(bare, topic)
    consumer.assign([TopicPartition(topic, 0, 1)])
    event = consumer.poll(10)
    assert event is not None
    assert event.error() is not None
    assert consumer.poll(0) is None
    with (
        pytest.raises(ValueError, match=r"_PARTITION_EOF.*look at message.error\(\)"),
        consumer.process(event),
    ):
        pass
    assert recorder.spans() == []


def test_messages_are_processed_after_close(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    send(bare, topic)
    message = receive()
    consumer.close()
    with consumer.process(message):
        pass
    assert say(recorder.span("process"), semconv.LAG) == 0, "as of the poll"
