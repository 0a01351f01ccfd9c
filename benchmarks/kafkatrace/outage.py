"""The Collector away: how memory grows, whether produce() and poll() go on."""

import resource
import sys
import time
from dataclasses import dataclass
from typing import Final

import kafkatrace
from confluent_kafka import TopicPartition

from benchmarks.kafkatrace.clients import QUIET
from benchmarks.kafkatrace.environment import variables
from benchmarks.kafkatrace.pace import paced

_NOWHERE: Final = "http://127.0.0.1:1"  # nothing listens there


@dataclass(frozen=True, slots=True)
class Outage:
    """What came of it; memory is the process's resident set."""

    messages: int
    exported: int
    dropped: int
    megabytes_before: float
    megabytes_most: float
    longest_ms: float

    def __str__(self) -> str:
        return (
            f"{self.messages} messages sent and processed, {self.exported} spans exported, {self.dropped} dropped; "
            f"resident {self.megabytes_before:.0f} MB before, {self.megabytes_most:.0f} MB at most; "
            f"longest produce() {self.longest_ms:.1f} ms"
        )


def outage(servers: str, topic: str, rate: int, seconds: int) -> Outage:
    """Produce and process at a steady rate, all sampled, with nobody to take the spans."""
    with variables(OTEL_EXPORTER_OTLP_ENDPOINT=_NOWHERE):
        traced = kafkatrace.configure("bench", sampling_ratio=1)
        producer = kafkatrace.Producer({"bootstrap.servers": servers, **QUIET}, tracing=traced)
        conf = {"bootstrap.servers": servers, "group.id": "outage", "auto.offset.reset": "latest", **QUIET}
        consumer = kafkatrace.Consumer(conf, tracing=traced)
        consumer.assign([TopicPartition(topic, 0)])
        consumer.poll(1)
        before, longest, processed = _resident(), 0.0, 0
        for _ in paced("outage", rate * seconds, rate):
            begun = time.perf_counter()
            producer.produce(topic, b"x" * 200, key=b"order-1", partition=0)
            longest = max(longest, time.perf_counter() - begun)
            producer.poll(0)
            message = consumer.poll(0)
            if message is not None and message.error() is None:
                with consumer.process(message):
                    processed += 1
        producer.flush(30)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        result = traced.shutdown(5)
        print(f"processed {processed}", file=sys.stderr)
        return Outage(rate * seconds, result.exported, result.dropped, before, most, longest * 1000)


def _resident() -> float:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 1024 / 1024
