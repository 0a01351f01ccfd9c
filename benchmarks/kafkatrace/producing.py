"""produce(), with its delivery report served."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import confluent_kafka
import kafkatrace
from confluent_kafka import KafkaError, Message

from benchmarks.kafkatrace.clients import LATE_KEEP, QUIET, Contrib, drain, tracing
from benchmarks.kafkatrace.harness import Mode

_MESSAGES: Final = 1_000
_VALUE: Final = b"x" * 200
_HEADERS: Final[Any] = [("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")]


def modes(servers: str, topic: str) -> Mapping[str, Mode]:
    """All have one header and a delivery callback; the bare client's header is the caller's."""
    conf = {"bootstrap.servers": servers, "linger.ms": 5, "queue.buffering.max.messages": 1_000_000, **QUIET}
    sampled, unsampled, unmeasured = tracing(1), tracing(0), tracing(0, metrics=False)
    keeping = tracing(0, **LATE_KEEP)
    contrib, contrib_off = Contrib(1), Contrib(0)
    return {
        "bare": _mode(confluent_kafka.Producer(conf), topic, lambda: None, _HEADERS),
        "sampled": _mode(kafkatrace.Producer(conf, tracing=sampled), topic, lambda: drain(sampled)),
        "unsampled": _mode(kafkatrace.Producer(conf, tracing=unsampled), topic, lambda: drain(unsampled)),
        "unsampled, late keep": _mode(kafkatrace.Producer(conf, tracing=keeping), topic, lambda: drain(keeping)),
        "unsampled, no metrics": _mode(kafkatrace.Producer(conf, tracing=unmeasured), topic, lambda: None),
        "contrib sampled": _mode(contrib.producer(conf), topic, contrib.drain),
        "contrib unsampled": _mode(contrib_off.producer(conf), topic, contrib_off.drain),
    }


def _mode(producer: Any, topic: str, settle: Callable[[], None], headers: Any = None) -> Mode:
    def run_with_headers() -> int:
        for _ in range(_MESSAGES):
            producer.produce(topic, _VALUE, on_delivery=_told, headers=headers)
        producer.flush(60)
        return _MESSAGES

    def run() -> int:
        for _ in range(_MESSAGES):
            producer.produce(topic, _VALUE, on_delivery=_told)
        producer.flush(60)
        return _MESSAGES

    return Mode(run if headers is None else run_with_headers, settle=settle)


def _told(error: KafkaError | None, message: Message) -> None:
    pass
