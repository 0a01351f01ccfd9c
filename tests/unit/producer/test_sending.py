import logging
from collections.abc import Iterator

import confluent_kafka
import kafkatrace
import pytest
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from traced_common.kafka import Trouble
from traced_common.order import Order
from traced_producer import app
from traced_producer.deliveries import Deliveries
from traced_producer.sending import MOST_WAITING, Sending
from traced_producer.settings import ProducerSettings


class Bench:
    """A Sending with a real producer, and what it traced."""

    def __init__(self, variables: dict[str, str], **more: object) -> None:
        self.settings = ProducerSettings.read(variables)
        self.exporter = InMemorySpanExporter()
        self.tracing = kafkatrace.configure("orders-producer", exporter=self.exporter, sampling_ratio=1)
        trouble = Trouble()
        self.deliveries = Deliveries(trouble)
        config = {**self.settings.kafka.client_config(), **app.configuration(), "log_level": 0, **more}
        del config["logger"]
        self.producer = kafkatrace.Producer(config, tracing=self.tracing)
        self.sending = Sending(self.producer, self.settings, self.deliveries)

    def turn_until_delivered(self, count: int) -> None:
        while self.deliveries.delivered < count:
            self.sending.turn()

    def close(self) -> None:
        self.producer.purge()
        self.producer.flush(5)
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


def test_sends_orders_with_key_size_and_trace(bench: Bench, broker: str, topic: str) -> None:
    bench.turn_until_delivered(3)
    bench.producer.flush(10)
    received = messages(broker, topic, bench.deliveries.produced)
    orders = [Order.from_json(message.value()) for message in received]
    assert sorted(order.sequence for order in orders) == list(range(1, bench.deliveries.produced + 1))
    assert len({order.id for order in orders}) == len(orders)
    bench.tracing.shutdown()
    sent = {span.context.trace_id for span in bench.exporter.get_finished_spans() if span.context}
    for message, order in zip(received, orders, strict=True):
        value, headers = message.value(), message.headers()
        assert value is not None and len(value) == 256
        assert message.key() == order.customer.encode()
        assert isinstance(headers, list)
        traceparent = dict(headers)["traceparent"]
        assert isinstance(traceparent, bytes)
        assert int(traceparent.split(b"-")[1], 16) in sent


def test_draining_without_kafka_is_bounded_and_owns_up_to_what_was_not_delivered(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "_FLUSH_SECONDS", 0.1)
    caplog.set_level(logging.INFO)
    bench = Bench({**variables, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    bench.sending.turn()
    app.drain(bench.producer, bench.deliveries, bench.tracing)
    assert caplog.messages[-1] == (
        "stopped: produced 1, delivered 0, failed 1; spans exported 1, dropped 0"  # a failed send is a span, too
    )


def test_makes_no_more_orders_while_too_many_wait(variables: dict[str, str]) -> None:
    bench = Bench({**variables, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    for _ in range(MOST_WAITING):
        bench.deliveries.sent()
    bench.sending.turn()
    assert bench.deliveries.produced == MOST_WAITING
    bench.close()


def test_a_missing_topic_is_a_problem_and_the_order_is_made_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise KafkaException(KafkaError(KafkaError._UNKNOWN_TOPIC, "Unknown topic"))

    with monkeypatch.context() as patch:
        patch.setattr(bench.producer, "produce", refuse)
        bench.sending.turn()
    assert bench.deliveries.problem() == "the last order was not delivered: _UNKNOWN_TOPIC: Unknown topic"
    assert bench.deliveries.produced == 0
    bench.turn_until_delivered(1)
    assert bench.deliveries.problem() is None


def test_a_full_queue_loses_no_order(variables: dict[str, str]) -> None:
    variables |= {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "PRODUCER_RATE_PER_SECOND": "1000000"}
    bench = Bench(variables, **{"queue.buffering.max.messages": 2})
    for _ in range(4):
        bench.sending.turn()
    assert (bench.deliveries.produced, bench.deliveries.failed) == (2, 0)
    bench.close()
    assert (bench.deliveries.produced, bench.deliveries.failed) == (2, 2)
