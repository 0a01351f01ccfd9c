import gc
from collections.abc import Iterator

import confluent_kafka
import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from kafkatrace import Consumer, Producer
from kafkatrace.spans import semconv
from opentelemetry.trace import SpanKind, StatusCode

from tests.librdkafka import PRODUCE, MockKafka
from tests.unit.kafkatrace.recording import QUIET, Recorder, beside_the_server, ids, say, send


@pytest.fixture
def transactional(broker: str, topic: str, recorder: Recorder) -> Iterator[Producer]:
    conf = {"bootstrap.servers": broker, "transactional.id": f"tx-{topic}", "linger.ms": 0, **QUIET}
    with Producer(conf, tracing=recorder.tracing) as producer:
        producer.init_transactions(10)
        yield producer


def outcomes(recorder: Recorder, name: str) -> list[object]:
    return [say(span, semconv.TRANSACTION_OUTCOME) for span in recorder.spans(name)]


def test_a_committed_transaction(transactional: Producer, topic: str, recorder: Recorder) -> None:
    with recorder.tracing.tracer.start_as_current_span("request"):
        transactional.begin_transaction()
        for _ in range(3):
            transactional.produce(topic, b"v", partition=0)
        transactional.commit_transaction(10)
    assert outcomes(recorder, "send") == ["committed"] * 3
    span, request = recorder.span("transaction"), recorder.span("request")
    assert span.kind is SpanKind.CLIENT
    assert span.status.status_code is StatusCode.UNSET
    assert ids(span)[2] == ids(request)[1]
    assert {ids(sent)[2] for sent in recorder.spans("send")} == {ids(request)[1]}
    assert beside_the_server(span) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "transaction",
        "messaging.client.id": "rdkafka",
        "kafkatrace.transaction.id": f"tx-{topic}",
        "kafkatrace.transaction.outcome": "committed",
    }
    assert recorder.tracing.shutdown(60).dropped == 0


def test_the_span_lasts_from_begin_to_commit(transactional: Producer, topic: str, recorder: Recorder) -> None:
    transactional.begin_transaction()
    transactional.produce(topic, b"v", partition=0)
    transactional.flush(10)
    assert recorder.exporter.get_finished_spans() == ()
    transactional.commit_transaction(10)
    span, sent = recorder.span("transaction"), recorder.span("send")
    assert (span.start_time or 0) <= (sent.start_time or 0) <= (sent.end_time or 0) <= (span.end_time or 0)


def test_an_aborted_transaction_is_marked_on_all_its_sends(
    transactional: Producer, topic: str, recorder: Recorder
) -> None:
    transactional.begin_transaction()
    transactional.produce(topic, b"delivered", partition=0)
    transactional.flush(10)
    transactional.produce(topic, b"perhaps not", partition=0)
    transactional.abort_transaction(10)
    assert outcomes(recorder, "transaction") == ["aborted"]
    assert outcomes(recorder, "send") == ["aborted"] * 2
    assert recorder.span("transaction").status.status_code is StatusCode.UNSET
    assert recorder.tracing.shutdown(60).dropped == 0


def test_one_after_the_other(transactional: Producer, topic: str, recorder: Recorder) -> None:
    for end in (transactional.commit_transaction, transactional.abort_transaction, transactional.commit_transaction):
        transactional.begin_transaction()
        transactional.produce(topic, b"v", partition=0)
        end(10)
    for name in ("transaction", "send"):
        assert outcomes(recorder, name) == ["committed", "aborted", "committed"]
    assert len({ids(span)[0] for span in recorder.spans("transaction")}) == 3
    assert recorder.tracing.shutdown(60).dropped == 0


def test_offsets_are_settled_inside(
    transactional: Producer, topic: str, consumer: Consumer, bare: confluent_kafka.Producer, recorder: Recorder
) -> None:
    send(bare, topic)
    transactional.begin_transaction()
    metadata = consumer.consumer_group_metadata()
    transactional.send_offsets_to_transaction([TopicPartition(topic, 0, 1)], metadata, 10)
    transactional.commit_transaction(10)
    settle, span = recorder.span(f"commit {topic}"), recorder.span("transaction")
    assert ids(settle)[0] == ids(span)[0]
    assert ids(settle)[2] == ids(span)[1]
    assert settle.kind is SpanKind.CLIENT
    assert say(settle, "messaging.operation.type") == "settle"
    assert say(settle, "messaging.destination.partition.id") == "0"
    assert say(settle, "messaging.kafka.offset") == 1


@pytest.mark.parametrize("positions", [5, [TopicPartition("t", 0, 1)]])
def test_offsets_that_are_refused_are_an_error_on_the_settle_span(
    transactional: Producer, recorder: Recorder, positions: list[TopicPartition]
) -> None:
    transactional.begin_transaction()
    with pytest.raises(TypeError):
        transactional.send_offsets_to_transaction(positions, None)
    transactional.commit_transaction(10)
    assert say(recorder.span("commit"), "error.type") == "TypeError"
    assert outcomes(recorder, "transaction") == ["committed"]


def test_an_error_that_may_be_tried_again_leaves_the_transaction_open(
    failing: MockKafka, topic: str, recorder: Recorder
) -> None:
    conf = {"bootstrap.servers": failing.servers, "transactional.id": topic, "linger.ms": 0, **QUIET}
    with Producer(conf, tracing=recorder.tracing) as producer:
        producer.init_transactions(10)
        producer.begin_transaction()
        failing.fail(PRODUCE, KafkaError.NOT_ENOUGH_REPLICAS, times=10_000)
        producer.produce(topic, b"v", partition=0)
        with pytest.raises(KafkaException) as raised:
            producer.commit_transaction(2)  # a timeout of 0 may end before librdkafka knows of the commit
        assert raised.value.args[0].retriable()
        assert recorder.exporter.get_finished_spans() == ()
        failing.fix(PRODUCE)
        producer.commit_transaction(10)
    for name in ("transaction", "send"):
        assert outcomes(recorder, name) == ["committed"]
    assert recorder.span("transaction").status.status_code is StatusCode.UNSET
    assert recorder.tracing.shutdown(60).dropped == 0


def test_a_commit_after_which_only_abort_is_left_ends_as_aborted(broker: str, topic: str, recorder: Recorder) -> None:
    conf = {"bootstrap.servers": broker, "transactional.id": topic, "linger.ms": 10_000, **QUIET}
    with Producer(conf, tracing=recorder.tracing) as producer:
        producer.init_transactions(10)
        producer.begin_transaction()
        producer.produce(topic, b"v", partition=0)
        producer.purge()
        with pytest.raises(KafkaException) as raised:
            producer.commit_transaction(10)
        assert raised.value.args[0].txn_requires_abort()
        producer.abort_transaction(10)
        producer.begin_transaction()
        producer.commit_transaction(10)
    assert outcomes(recorder, "send") == ["aborted"]
    assert outcomes(recorder, "transaction") == ["aborted", "committed"]
    failed, after = recorder.spans("transaction")
    assert failed.status.status_code is StatusCode.ERROR
    assert say(failed, "error.type") == raised.value.args[0].name()
    assert after.status.status_code is StatusCode.UNSET
    assert recorder.tracing.shutdown(60).dropped == 0


def test_an_exception_of_a_users_callback_ends_the_transaction_as_unknown(
    transactional: Producer, topic: str, recorder: Recorder
) -> None:
    def fail(_: object, __: object) -> None:
        raise LookupError("no such order")

    transactional.begin_transaction()
    transactional.produce(topic, b"v", partition=0, on_delivery=fail)
    with pytest.raises(LookupError):
        transactional.commit_transaction(10)
    assert outcomes(recorder, "transaction") == ["unknown"]
    assert outcomes(recorder, "send") == ["unknown"]
    assert recorder.tracing.shutdown(60).dropped == 0


def test_without_a_transaction_there_is_no_span(transactional: Producer, topic: str, recorder: Recorder) -> None:
    transactional.begin_transaction()
    transactional.commit_transaction(10)
    with pytest.raises(KafkaException):
        transactional.commit_transaction(10)
    with pytest.raises(KafkaException):
        transactional.produce(topic, b"v")
    assert outcomes(recorder, "transaction") == ["committed"]
    assert say(recorder.span("send"), semconv.TRANSACTION_OUTCOME) is None


@pytest.mark.parametrize("end", ["shutdown", "close", "leave", "forget"])
def test_a_transaction_that_nobody_ends_keeps_its_sends(broker: str, topic: str, recorder: Recorder, end: str) -> None:
    conf = {"bootstrap.servers": broker, "transactional.id": f"tx-{topic}", "linger.ms": 0, **QUIET}
    producer: Producer | None = Producer(conf, tracing=recorder.tracing)
    assert producer is not None
    producer.init_transactions(10)
    producer.begin_transaction()
    producer.produce(topic, b"v", partition=0)
    producer.flush(10)
    if end == "close":
        producer.close()
    elif end == "leave":
        producer.__exit__(None, None, None)
    elif end == "forget":
        producer = None
        gc.collect()
    if end != "shutdown":
        assert recorder.tracing.flush(10).exported == 2
    assert outcomes(recorder, "send") == ["unknown"]
    assert outcomes(recorder, "transaction") == ["unknown"]
    assert recorder.tracing.shutdown().dropped == 0
