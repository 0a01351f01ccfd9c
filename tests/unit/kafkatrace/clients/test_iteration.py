import confluent_kafka
import pytest
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from kafkatrace import Consumer
from kafkatrace.spans import semconv
from opentelemetry import trace
from opentelemetry.trace import Span, StatusCode

from tests.unit.kafkatrace.recording import Recorder, ids, say, send


class Odd(Message):
    """An event with an error."""

    def __init__(self, code: int) -> None:
        self._odd = KafkaError(code)

    def error(self) -> KafkaError:
        return self._odd


@pytest.fixture
def three(bare: confluent_kafka.Producer, topic: str, consumer: Consumer) -> Consumer:
    """A consumer that is to read three records."""
    for _ in range(3):
        send(bare, topic)
    consumer.assign([TopicPartition(topic, 0, 0)])
    return consumer


def batch(consumer: Consumer) -> list[Message]:
    messages: list[Message] = []
    while len(messages) < 4:  # the partition's end is one
        messages += consumer.consume(4, 10)
    return messages


def current() -> Span:
    return trace.get_current_span()


def test_the_body_has_the_messages_span(three: Consumer, recorder: Recorder) -> None:
    seen: list[tuple[int, int]] = []
    for message in three:
        context = current().get_span_context()
        seen.append((context.trace_id, context.span_id))
        assert current().is_recording()
        current().set_attribute("order", message.offset() or 0)
        if len(seen) == 3:
            break
    assert current() is trace.INVALID_SPAN
    spans = recorder.spans("process")
    assert [ids(span)[:2] for span in spans] == seen
    assert [say(span, "order") for span in spans] == [0, 1, 2]


def test_a_span_ends_when_the_next_message_is_asked_for(three: Consumer) -> None:
    messages = iter(three)
    next(messages)
    first = current()
    assert first.is_recording()
    next(messages)
    second = current()
    assert not first.is_recording()
    assert second.is_recording()
    assert second is not first


@pytest.mark.parametrize("together", [False, True])
def test_leaving_the_loop_ends_the_span_and_marks_it(three: Consumer, recorder: Recorder, together: bool) -> None:
    messages = three.process_all(batch(three)) if together else iter(three)
    for message in messages:
        if message.offset() == 1:
            break
    del messages  # as a loop over an expression does
    assert current() is trace.INVALID_SPAN
    assert [say(span, semconv.LOOP_LEFT) for span in recorder.spans("process")] == [None, True]
    assert recorder.tracing.shutdown(60).dropped == 0


@pytest.mark.parametrize("together", [False, True])
def test_an_exception_in_the_body_goes_on_and_the_span_is_marked(
    three: Consumer, recorder: Recorder, together: bool
) -> None:
    def handle() -> None:
        for message in three.process_all(batch(three)) if together else three:
            raise KeyError(message.offset())

    with pytest.raises(KeyError):
        handle()
    assert current() is trace.INVALID_SPAN
    span = recorder.span("process")
    assert say(span, semconv.LOOP_LEFT) is True
    assert span.status.status_code is StatusCode.UNSET


def test_after_a_break_the_next_loop_goes_on(three: Consumer, recorder: Recorder) -> None:
    seen: list[int | None] = []
    for _ in range(3):
        for message in three:
            seen.append(message.offset())
            break
    assert seen == [0, 1, 2]
    assert len(recorder.spans("process")) == 3


def test_all_of_a_batch_in_order_without_the_partitions_end(three: Consumer, recorder: Recorder) -> None:
    messages = batch(three)
    assert any(message.error() for message in messages)
    assert [message.offset() for message in three.process_all(messages)] == [0, 1, 2]
    assert [say(span, semconv.LOOP_LEFT) for span in recorder.spans("process")] == [None] * 3
    assert current() is trace.INVALID_SPAN


def test_the_spans_of_a_batch_are_apart(three: Consumer, recorder: Recorder) -> None:
    with recorder.tracing.tracer.start_as_current_span("around") as around:
        for _ in three.process_all(batch(three)):
            pass
        assert current() is around
    assert len({ids(span)[0] for span in recorder.spans("process")}) == 3


@pytest.mark.parametrize("code", [KafkaError._ALL_BROKERS_DOWN, KafkaError.UNKNOWN_TOPIC_OR_PART])
def test_error_events_are_raised(three: Consumer, code: int) -> None:
    with pytest.raises(KafkaException) as raised:
        list(three.process_all([Odd(KafkaError._PARTITION_EOF), Odd(code)]))
    assert raised.value.args[0].code() == code


def test_errors_of_poll_are_raised(consumer: Consumer, topic: str) -> None:
    consumer.assign([TopicPartition(f"{topic}-missing", 99)])
    with pytest.raises(KafkaException):
        for _ in consumer:
            pass
    consumer.close()
    with pytest.raises(RuntimeError, match="closed"):
        next(iter(consumer))
