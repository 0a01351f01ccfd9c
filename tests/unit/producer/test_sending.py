import gc
import logging
import weakref
from collections.abc import Iterator
from pathlib import Path

import confluent_kafka
import kafkatrace
import pytest
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from traced_common import recreating_producer, termination_log
from traced_common.environment import SettingsError
from traced_common.kafka import LastError
from traced_common.order import Order
from traced_common.recreating_producer import RecreatingProducer
from traced_common.stale_leaders import StaleLeadersError
from traced_producer import app, orders
from traced_producer.deliveries import MOST_WAITING, Deliveries, Outgoing
from traced_producer.sending import Sending
from traced_producer.settings import ProducerSettings

from tests.librdkafka import INIT_PRODUCER_ID, PRODUCE, MockKafka


class Bench:
    """A Sending with a real producer, and what it traced."""

    def __init__(self, variables: dict[str, str], **more: object) -> None:
        self.settings = ProducerSettings.read(variables)
        self.exporter = InMemorySpanExporter()
        self.tracing = kafkatrace.configure("orders-producer", exporter=self.exporter, sampling_ratio=1)
        config = {**self.settings.kafka.client_config(), **app.configuration(), "log_level": 0, **more}
        del config["logger"]
        self.recreating = RecreatingProducer(
            lambda last_error: kafkatrace.Producer({**config, "error_cb": last_error}, tracing=self.tracing)
        )
        self.deliveries = Deliveries(self.recreating)
        self.sending = Sending(self.recreating, self.settings, self.deliveries)

    @property
    def producer(self) -> kafkatrace.Producer:
        return self.recreating.current

    def turn_until_delivered(self, count: int) -> None:
        while self.deliveries.delivered < count:
            self.sending.run_once()

    def drain(self) -> None:
        app.drain(self.sending, self.recreating, self.deliveries, self.tracing)

    def close(self) -> None:
        self.recreating.flush(0)
        self.tracing.shutdown()


@pytest.fixture
def bench(variables: dict[str, str]) -> Iterator[Bench]:
    bench = Bench(variables)
    yield bench
    bench.close()


def messages(broker: str, topic: str, count: int) -> list[Message]:
    config = {"bootstrap.servers": broker, "group.id": "reader", "log_level": 0}
    with confluent_kafka.Consumer(config) as consumer:
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(4)])
        return consumer.consume(count, 30)


def test_sends_orders_with_key_size_and_trace(
    bench: Bench, broker: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "_CUSTOMERS", 2)  # some wait behind others of their key
    bench.turn_until_delivered(3)
    bench.sending.finish(60)
    received = messages(broker, topic, bench.deliveries.produced)
    sent = [Order.from_json(message.value()) for message in received]
    assert sorted(order.sequence for order in sent) == list(range(1, bench.deliveries.produced + 1))
    assert len({order.id for order in sent}) == len(sent)
    bench.tracing.shutdown()
    traces = {span.context.trace_id for span in bench.exporter.get_finished_spans() if span.context}
    for message, order in zip(received, sent, strict=True):
        value = message.value()
        assert value is not None and len(value) == 256
        assert message.key() == order.customer.encode()
        assert trace_of(message) in traces


def test_draining_without_kafka_is_bounded_and_owns_up_to_what_was_not_delivered(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "_FLUSH_SECONDS", 0.1)
    caplog.set_level(logging.INFO)
    bench = Bench({**variables, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    bench.sending.run_once()
    bench.drain()
    assert caplog.messages[-1] == (
        "stopped: produced 1, delivered 0, undelivered 1; spans exported 1, dropped 0"  # a failed send is a span, too
    )


def test_makes_no_more_orders_while_too_many_wait(variables: dict[str, str]) -> None:
    bench = Bench({**variables, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    for _ in range(MOST_WAITING):
        bench.deliveries.add(Outgoing("k", b"v"))
    bench.sending.run_once()
    assert bench.deliveries.produced == MOST_WAITING
    bench.close()


def test_a_missing_topic_is_a_problem_and_the_order_waits_for_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise KafkaException(KafkaError(KafkaError._UNKNOWN_TOPIC, "Unknown topic"))

    with monkeypatch.context() as patch:
        patch.setattr(bench.producer, "produce", refuse)
        bench.sending.run_once()
    assert bench.deliveries.problem() == "the last order was not delivered: _UNKNOWN_TOPIC: Unknown topic"
    assert (bench.deliveries.produced, len(bench.deliveries.due)) == (1, 1)
    bench.turn_until_delivered(1)
    assert bench.deliveries.problem() is None


def test_a_full_queue_loses_no_order(variables: dict[str, str]) -> None:
    variables |= {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "PRODUCER_RATE_PER_SECOND": "1000000"}
    bench = Bench(variables, **{"queue.buffering.max.messages": 2})
    while not bench.deliveries.due:
        bench.sending.run_once()
    assert (bench.deliveries.produced, bench.deliveries.failed_attempts) == (3, 0)
    bench.close()
    assert (bench.deliveries.produced, len(bench.deliveries.due)) == (3, 3)


@pytest.fixture
def denied(failing: MockKafka, variables: dict[str, str]) -> Iterator[Bench]:
    bench = Bench({**variables, "KAFKA_BOOTSTRAP_SERVERS": failing.servers})
    yield bench
    bench.close()


def every_order(servers: str, bench: Bench) -> list[Message]:
    """Go on for five more; then each order that was made has to be in Kafka, once."""
    bench.turn_until_delivered(5)
    bench.sending.finish(60)
    assert bench.deliveries.waiting == 0
    received = messages(servers, bench.settings.topic, bench.deliveries.delivered)
    sequences = [Order.from_json(message.value()).sequence for message in received]
    assert sorted(sequences) == list(range(1, bench.deliveries.produced + 1))
    return received


def trace_of(message: Message) -> int:
    headers = message.headers()
    assert isinstance(headers, list)
    traceparent = dict(headers)["traceparent"]
    assert isinstance(traceparent, bytes)
    return int(traceparent.split(b"-")[1], 16)


def test_orders_that_kafka_denies_are_sent_again(denied: Bench, failing: MockKafka) -> None:
    failing.fail(PRODUCE, KafkaError.TOPIC_AUTHORIZATION_FAILED, 1000)  # until fix()
    expected = "the last order was not delivered: TOPIC_AUTHORIZATION_FAILED: "
    while not (denied.deliveries.problem() or "").startswith(expected):
        denied.sending.run_once()
    failing.fix(PRODUCE)
    received = every_order(failing.servers, denied)
    assert denied.deliveries.problem() is None
    denied.tracing.shutdown()
    finished = denied.exporter.get_finished_spans()
    assert {trace_of(message) for message in received} <= {span.context.trace_id for span in finished if span.context}
    failed = [span for span in finished if span.status.status_code is StatusCode.ERROR]
    assert len(failed) >= denied.deliveries.failed_attempts  # and what librdkafka did not take at all


def test_a_producer_without_any_right_waits_for_it_and_loses_nothing(
    denied: Bench, failing: MockKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recreating_producer, "_SECONDS_BETWEEN", 1)
    failing.fail(INIT_PRODUCER_ID, KafkaError.CLUSTER_AUTHORIZATION_FAILED, 3)
    first = weakref.ref(denied.producer)
    while "CLUSTER_AUTHORIZATION_FAILED" not in (denied.deliveries.problem() or ""):
        denied.sending.run_once()
    every_order(failing.servers, denied)
    gc.collect()
    assert first() is None  # with its threads and its memory


def test_a_stop_gives_failed_orders_a_last_attempt(denied: Bench, failing: MockKafka) -> None:
    failing.fail(PRODUCE, KafkaError.MSG_SIZE_TOO_LARGE, 1)
    denied.sending.run_once()
    while not denied.deliveries.due:  # a pass that comes late would send it again at once
        denied.recreating.poll(0.01)
        denied.deliveries.take_over()
    denied.drain()
    assert (denied.deliveries.failed_attempts, denied.deliveries.waiting) == (1, 0)


def test_a_stop_delivers_the_orders_behind_others_of_their_key(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "_CUSTOMERS", 1)
    for _ in range(10):
        bench.deliveries.add(bench.sending._invent())
    bench.drain()
    assert (bench.deliveries.produced, bench.deliveries.waiting) == (10, 0)


def test_a_stop_between_a_fatal_error_and_re_creation_delivers_what_waits(denied: Bench, failing: MockKafka) -> None:
    failing.fail(INIT_PRODUCER_ID, KafkaError.CLUSTER_AUTHORIZATION_FAILED, 1)
    while not denied.recreating.fatal:
        denied.sending.run_once()
    assert denied.deliveries.waiting
    denied.drain()
    assert denied.deliveries.waiting == 0


def test_what_a_stop_gives_up_is_counted_where_kubernetes_keeps_it(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(app, "_FLUSH_SECONDS", 0.1)
    monkeypatch.setattr(termination_log, "_FILE", tmp_path / "termination-log")
    (tmp_path / "termination-log").touch()
    bench = Bench({**variables, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    for _ in range(3):
        bench.deliveries.add(bench.sending._invent())
    bench.drain()
    assert (tmp_path / "termination-log").read_text().startswith("gave up 3 orders that Kafka did not take")


class Finding:
    """Leaders or an identity that find the producer stale once for each reason."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = list(reasons)

    def check(self, client: object = None) -> None:
        if self.reasons:
            raise StaleLeadersError(self.reasons.pop())


@pytest.mark.parametrize("who", [0, 1], ids=["leaders", "identity"])
def test_orders_outlive_the_re_creation_of_a_stale_producer_in_the_order_of_each_key(
    failing: MockKafka, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, who: int
) -> None:
    monkeypatch.setattr(recreating_producer, "_SECONDS_BETWEEN", 0)
    monkeypatch.setattr(orders, "_CUSTOMERS", 3)
    bench = Bench({**variables, "KAFKA_BOOTSTRAP_SERVERS": failing.servers})
    bench.turn_until_delivered(5)
    failing.down()
    while bench.deliveries.waiting < 10:
        bench.sending.run_once()
    findings = [Finding(), Finding()]
    findings[who].reasons.append("topic orders was deleted and created again")
    app.recreate_when_stale(bench.recreating, *findings)  # type: ignore[arg-type] # what is used of them
    assert bench.deliveries.problem() == "the last order was not delivered: topic orders was deleted and created again"
    bench.sending.run_once()
    assert bench.recreating.generation == 1
    failing.up()
    assert_in_order(every_order(failing.servers, bench))
    assert bench.deliveries.problem() is None
    bench.close()


def test_a_re_creation_that_fails_is_tried_again_and_costs_no_order(
    denied: Bench, failing: MockKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recreating_producer, "_SECONDS_BETWEEN", 0)
    make, failures = denied.recreating._make, [SettingsError(["ca.crt: empty"])] * 2

    def failing_twice(last_error: LastError) -> kafkatrace.Producer:
        if failures:
            raise failures.pop()
        return make(last_error)

    denied.recreating._make = failing_twice
    failing.fail(INIT_PRODUCER_ID, KafkaError.CLUSTER_AUTHORIZATION_FAILED, 1)
    every_order(failing.servers, denied)
    assert not failures


def assert_in_order(received: list[Message]) -> None:
    """Every key's orders in the order they were made; what comes twice counts by its first time."""
    seen: dict[str, list[int]] = {}
    for order in (Order.from_json(message.value()) for message in received):
        sequences = seen.setdefault(order.customer, [])
        if order.sequence not in sequences:
            sequences.append(order.sequence)
    assert {key: sorted(sequences) for key, sequences in seen.items()} == seen


def test_an_outage_longer_than_the_time_that_an_order_has_keeps_the_order_of_each_key(
    failing: MockKafka, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app.configuration()["message.timeout.ms"] == 0, "librdkafka itself gives none up"
    monkeypatch.setattr(orders, "_CUSTOMERS", 3)
    bench = Bench({**variables, "KAFKA_BOOTSTRAP_SERVERS": failing.servers}, **{"message.timeout.ms": 300})
    bench.turn_until_delivered(5)
    failing.down()
    while bench.deliveries.failed_attempts < 10:
        bench.sending.run_once()
    failing.up()
    bench.turn_until_delivered(bench.deliveries.produced + 5)
    bench.producer.flush(10)
    received = messages(failing.servers, bench.settings.topic, bench.deliveries.delivered)
    assert_in_order(received)
    bench.close()
