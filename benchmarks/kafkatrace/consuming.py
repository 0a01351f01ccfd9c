"""poll() and consume(500), with a process span for every message."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import confluent_kafka
import kafkatrace
from confluent_kafka import TopicPartition

from benchmarks.kafkatrace.clients import LATE_KEEP, QUIET, Contrib, drain, tracing
from benchmarks.kafkatrace.harness import Mode

_MESSAGES: Final = 1_000
_BATCH: Final = 500
_FETCH_SECONDS: Final = 0.2  # until librdkafka has everything in memory
_TRACEPARENT: Final = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"


def fill(servers: str, topic: str) -> None:
    """Write sampled records into partition 0 and unsampled ones into partition 1."""
    producer = confluent_kafka.Producer({"bootstrap.servers": servers, **QUIET})
    for partition, flags in enumerate((b"01", b"00")):
        for _ in range(_MESSAGES + _BATCH):
            headers: kafkatrace.Headers = [("traceparent", _TRACEPARENT + flags)]
            producer.produce(topic, b"x" * 200, partition=partition, headers=headers)
    producer.flush(60)


def polling(servers: str, topic: str) -> Mapping[str, Mode]:
    """One by one; the bare client reads the headers."""
    return _modes(servers, topic, _poll_bare, _poll_traced, _poll_contrib)


def batches(servers: str, topic: str) -> Mapping[str, Mode]:
    """500 at once; the contrib instrumentation makes one span for all of them."""
    modes = _modes(servers, topic, _consume_bare, _consume_traced, _consume_contrib)
    iterated = _modes(servers, topic, _consume_bare, _iterate_traced, _consume_contrib)
    return {
        **modes,
        "sampled, process_all()": iterated["sampled"],
        "unsampled, process_all()": iterated["unsampled"],
    }


def _modes(
    servers: str, topic: str, bare: Callable[[Any], int], traced: Callable[[Any], int], contrib: Callable[[Any], int]
) -> dict[str, Mode]:
    conf = {
        "bootstrap.servers": servers,
        "group.id": "bench",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "queued.min.messages": 100_000,
        **QUIET,
    }
    unmeasured = tracing(0, metrics=False)
    on, off, keeping, contrib_on, contrib_off = tracing(1), tracing(0), tracing(0, **LATE_KEEP), Contrib(1), Contrib(0)
    return {
        "bare": _mode(confluent_kafka.Consumer(conf), topic, 0, bare),
        "sampled": _mode(kafkatrace.Consumer(conf, tracing=on), topic, 0, traced, lambda: drain(on)),
        "unsampled": _mode(kafkatrace.Consumer(conf, tracing=off), topic, 1, traced, lambda: drain(off)),
        "unsampled, late keep": _mode(
            kafkatrace.Consumer(conf, tracing=keeping), topic, 1, traced, lambda: drain(keeping)
        ),
        "unsampled, no metrics": _mode(kafkatrace.Consumer(conf, tracing=unmeasured), topic, 1, traced),
        "contrib sampled": _mode(contrib_on.consumer(conf), topic, 0, contrib, contrib_on.drain),
        "contrib unsampled": _mode(contrib_off.consumer(conf), topic, 1, contrib, contrib_off.drain),
    }


def _mode(
    consumer: Any, topic: str, partition: int, run: Callable[[Any], int], settle: Callable[[], None] = lambda: None
) -> Mode:
    bare = getattr(consumer, "_consumer", consumer)  # the contrib instrumentation's proxy lacks assign()

    def rewind() -> None:
        bare.assign([TopicPartition(topic, partition, 0)])
        while bare.poll(10) is None:
            pass
        time.sleep(_FETCH_SECONDS)

    return Mode(lambda: run(consumer), rewind, settle)


def _poll_bare(consumer: Any) -> int:
    for _ in range(_MESSAGES):
        consumer.poll(10).headers()
    return _MESSAGES


def _poll_traced(consumer: Any) -> int:
    for _ in range(_MESSAGES):
        with consumer.process(consumer.poll(10)):
            pass
    return _MESSAGES


def _poll_contrib(consumer: Any) -> int:
    for _ in range(_MESSAGES):
        consumer.poll(10)
    return _MESSAGES


def _consume_bare(consumer: Any) -> int:
    for _ in range(_MESSAGES // _BATCH):
        for message in consumer.consume(_BATCH, 10):
            message.headers()
    return _MESSAGES


def _consume_traced(consumer: Any) -> int:
    for _ in range(_MESSAGES // _BATCH):
        for message in consumer.consume(_BATCH, 10):
            with consumer.process(message):
                pass
    return _MESSAGES


def _iterate_traced(consumer: Any) -> int:
    for _ in range(_MESSAGES // _BATCH):
        for _message in consumer.process_all(consumer.consume(_BATCH, 10)):
            pass
    return _MESSAGES


def _consume_contrib(consumer: Any) -> int:
    for _ in range(_MESSAGES // _BATCH):
        for _message in consumer.consume(_BATCH, 10):
            pass
    return _MESSAGES
