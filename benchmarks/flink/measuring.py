"""Throughput, latency and loss."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from typing import Final

from benchmarks.flink import cluster, topics
from benchmarks.flink.spans import Spans
from benchmarks.kafkatrace.pace import paced

_WARM_UP: Final = 0.2  # the share of orders before the rate is taken: Java compiles meanwhile
_SETTLE_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Bench:
    """What all measurements need."""

    servers: str
    image: str
    spans: Spans

    def variables(self, topic: str, **more: str) -> dict[str, str]:
        """Make a consumer's environment."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.servers,
            "KAFKA_TOPIC": topic,
            "KAFKA_GROUP_ID": f"{topic}-{time.time_ns()}",
            "CONSUMER_PROCESSING_TIME_MS": "0",
            "LOG_LEVEL": "WARNING",
            "OTEL_SERVICE_NAME": "bench",
            "OTEL_METRICS_EXPORTER": "none",
            **more,
        }

    def flink(self, variables: Mapping[str, str], parallelism: int = 1) -> AbstractContextManager[cluster.Cluster]:
        """Run a cluster for a while."""
        return cluster.flink(self.image, variables, parallelism)


def rate(bench: Bench, orders: int, mode: str, parallelism: int, collector: str | None) -> float:
    """Orders a second through the job, from the broker's timestamps of the results; traced if there is a Collector."""
    topic = topics.make(bench.servers)
    topics.fill(bench.servers, topic, orders)
    tracing = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector} if collector else {"OTEL_SDK_DISABLED": "true"}
    with bench.flink(bench.variables(topic, FLINK_PYTHON_MODE=mode, **tracing), parallelism):
        stamps = sorted(found.timestamp()[1] for found in islice(topics.results(bench.servers, topic), orders))
    counted = stamps[int(orders * _WARM_UP) :]
    return (len(counted) - 1) / (counted[-1] - counted[0]) * 1000


@dataclass(frozen=True, slots=True)
class Latency:
    """From a record's append to its process span, milliseconds; fewer spans than sampled orders: it did not keep up."""

    p50: float
    p99: float
    spans: int
    sampled: int

    def __str__(self) -> str:
        return f"p50 {self.p50:7.1f} ms   p99 {self.p99:7.1f} ms   ({self.spans} of {self.sampled} spans)"


def latency(
    bench: Bench,
    consumer: Callable[[Mapping[str, str]], AbstractContextManager[object]],
    per_second: int,
    seconds: int,
    **more: str,
) -> Latency:
    """Offer orders at a steady rate; one in a hundred is sampled beyond a thousand a second."""
    topic = topics.make(bench.servers)
    variables = bench.variables(topic, OTEL_EXPORTER_OTLP_ENDPOINT=bench.spans.endpoint, **more)
    with consumer(variables):
        every = 100 if per_second > 1000 else 1
        sender = topics.Sender(bench.servers, topic, every=every)
        for number in range(per_second * _SETTLE_SECONDS):  # the first ones start Python and have Java compile
            sender.send(number)
            if number % per_second == 0:
                time.sleep(1)
        time.sleep(_SETTLE_SECONDS)
        warm = {span.place for span in bench.spans.processed(topic)}
        for number in paced(f"{per_second}/s", per_second * seconds, per_second):
            sender.send(number)
        sender.close()
        late = sorted(each.late_ms for each in bench.spans.processed(topic) if each.place not in warm)
    return Latency(late[len(late) // 2], late[len(late) * 99 // 100], len(late), per_second * seconds // every)


@dataclass(frozen=True, slots=True)
class Loss:
    """What became of all orders over a killed TaskManager."""

    orders: int
    results: int
    distinct: int
    spans: int
    records_with_span: int

    def __str__(self) -> str:
        return (
            f"{self.orders} orders, {self.orders - self.distinct} lost; {self.results} results "
            f"({self.results - self.distinct} written twice); {self.spans} process spans, "
            f"{self.orders - self.records_with_span} orders without one"
        )


def loss(bench: Bench, orders: int) -> Loss:
    """Kill the TaskManager in the middle, and start another in its place, as Kubernetes does."""
    topic = topics.make(bench.servers)
    topics.fill(bench.servers, topic, orders)
    variables = bench.variables(
        topic, OTEL_EXPORTER_OTLP_ENDPOINT=bench.spans.endpoint, FLINK_CHECKPOINT_INTERVAL_MS="2000"
    )
    seen: set[str] = set()
    count = 0
    with bench.flink(variables) as running:
        for result in topics.results(bench.servers, topic):
            seen.add(json.loads(result.value() or b"")["order"])
            count += 1
            if count == orders // 2:
                running.kill_task_manager(0)
                running.start_task_manager(0)
            if len(seen) == orders:
                break
        spans = bench.spans.processed(topic)
    return Loss(orders, count, len(seen), len(spans), len({span.place for span in spans}))
