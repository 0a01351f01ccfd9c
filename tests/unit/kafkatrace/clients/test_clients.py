import threading
import weakref
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import KafkaError, Message
from kafkatrace import Producer, Tracing
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from tests.unit.kafkatrace.recording import QUIET, Recorder


@pytest.mark.parametrize("name", ["callback", "on_delivery"])
def test_the_users_callback_is_called_with_the_report(producer: Producer, topic: str, name: str) -> None:
    reports: list[tuple[KafkaError | None, str | None]] = []
    producer.produce(topic, b"v", **{name: lambda error, message: reports.append((error, message.topic()))})  # type: ignore[arg-type]
    producer.flush(10)
    assert reports == [(None, topic)]


def test_of_two_callbacks_the_original_calls_the_first(producer: Producer, topic: str) -> None:
    called: list[str] = []
    producer.produce(
        topic,
        b"v",
        callback=lambda *_: called.append("callback"),
        on_delivery=lambda *_: called.append("on_delivery"),
    )
    producer.flush(10)
    assert called == ["callback"]


@pytest.mark.parametrize("sampled", [True, False])
def test_the_configurations_callback_is_the_default(
    broker: str, topic: str, recorder: Recorder, unsampled: Recorder, sampled: bool
) -> None:
    called: list[str] = []
    conf = {"bootstrap.servers": broker, "on_delivery": lambda *_: called.append("configured"), **QUIET}
    producer = Producer(conf, tracing=(recorder if sampled else unsampled).tracing)
    producer.produce(topic, b"v")
    producer.produce(topic, b"v", on_delivery=lambda *_: called.append("given"))
    producer.flush(10)
    assert sorted(called) == ["configured", "given"]


@pytest.mark.parametrize("sampled", [True, False])
def test_reports_of_errors_only_still_end_every_span(
    broker: str, topic: str, recorder: Recorder, unsampled: Recorder, sampled: bool
) -> None:
    conf = {"bootstrap.servers": broker, "delivery.report.only.error": True, **QUIET}
    producer = Producer(conf, tracing=(recorder if sampled else unsampled).tracing)
    called: list[KafkaError | None] = []
    producer.produce(topic, b"v", on_delivery=lambda error, _: called.append(error))
    producer.flush(10)
    assert called == []
    assert len(recorder.spans("send")) == int(sampled)


def test_an_exception_in_the_users_callback_comes_out_and_the_span_is_ended(
    producer: Producer, topic: str, recorder: Recorder
) -> None:
    def fail(_: KafkaError | None, __: Message) -> None:
        raise LookupError("no such order")

    producer.produce(topic, b"v", on_delivery=fail)
    with pytest.raises(LookupError, match="no such order"):
        producer.flush(10)
    assert recorder.span("send").status.status_code is StatusCode.UNSET


@pytest.mark.parametrize(
    "arguments",
    [
        {"topic": "t", "headers": (("a", b"1"),)},
        {"topic": "t", "headers": "text"},
        {"topic": "t", "headers": [("a",)]},
        {"topic": "t", "headers": [("a", 5)]},
        {"topic": "t", "value": 5},
        {"topic": "t", "partition": "0"},
        {"topic": "t", "colour": "blue"},
        {},
    ],
)
def test_bad_arguments_are_refused_as_by_the_original(
    producer: Producer, bare: confluent_kafka.Producer, arguments: dict[str, Any]
) -> None:
    with pytest.raises(TypeError):
        bare.produce(**arguments)
    with pytest.raises(TypeError):
        producer.produce(**arguments)


def test_configuration_by_keyword(broker: str, topic: str, tracing: Tracing, recorder: Recorder) -> None:
    producer = Producer(tracing=tracing, **{"bootstrap.servers": broker, "client.id": "shop-1", **QUIET})
    producer.produce(topic, b"v")
    producer.flush(10)
    assert (recorder.span("send").attributes or {})["messaging.client.id"] == "shop-1"


def test_without_configuration_it_refuses_as_the_original() -> None:
    with pytest.raises(TypeError, match="expected configuration dict"):
        Producer("localhost:9092")


def test_a_dropped_producer_is_freed(broker: str, topic: str, tracing: Tracing) -> None:
    producer = Producer({"bootstrap.servers": broker, **QUIET}, tracing=tracing)
    producer.produce(topic, b"v")
    producer.flush(10)
    gone = weakref.ref(producer)
    del producer
    assert gone() is None


def test_many_threads_make_many_traces(producer: Producer, topic: str, recorder: Recorder) -> None:
    def produce() -> None:
        for _ in range(20):
            producer.produce(topic, b"v")

    threads = [threading.Thread(target=produce) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    producer.flush(10)
    spans = recorder.spans("send")
    assert len({span.get_span_context().trace_id for span in spans}) == 100  # type: ignore[union-attr]
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_many_reports_are_served_by_one_flush(producer: Producer, topic: str, recorder: Recorder) -> None:
    # a client method called from a delivery report would abort the process at the next report
    for _ in range(50):
        producer.produce(topic, b"v")
    assert producer.flush(10) == 0
    assert len(recorder.spans("send")) == 50
