"""Sustained load, all sampled, to a real Collector: spans lost, and how long produce() takes at worst."""

import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import confluent_kafka
import kafkatrace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.confluent_kafka import ConfluentKafkaInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from benchmarks.kafkatrace.clients import QUIET
from benchmarks.kafkatrace.environment import variables
from benchmarks.kafkatrace.pace import paced

_PATIENCE: Final = 1.1
_ACCEPTED: Final = "otelcol_receiver_accepted_spans"
_BACKLOG: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it; `arrived` is what the Collector itself counted."""

    sent: int
    arrived: int
    per_second: float
    p999_ms: float
    longest_ms: float

    def __str__(self) -> str:
        lost = self.sent - self.arrived
        return (
            f"{self.sent} messages at {self.per_second:.0f}/s, {lost} spans lost ({lost / self.sent:.1%}); "
            f"produce() p99.9 {self.p999_ms:.2f} ms, longest {self.longest_ms:.1f} ms"
        )


def ours(servers: str, topic: str, collector: str, metrics: str, rate: int, seconds: int) -> Load:
    """Load through kafkatrace."""
    with variables(OTEL_EXPORTER_OTLP_ENDPOINT=collector, OTEL_METRICS_EXPORTER="none"):
        traced = kafkatrace.configure("bench", sampling_ratio=1)
        producer = kafkatrace.Producer(_conf(servers), tracing=traced)
        return _load("load, kafkatrace", producer, topic, metrics, rate, seconds, lambda: traced.shutdown(30))


def contrib(servers: str, topic: str, collector: str, metrics: str, rate: int, seconds: int) -> Load:
    """Load through the contrib instrumentation and the SDK's exporter with its defaults."""
    with variables(OTEL_EXPORTER_OTLP_ENDPOINT=collector):
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        bare = confluent_kafka.Producer(_conf(servers))
        producer = ConfluentKafkaInstrumentor.instrument_producer(bare, provider)
        return _load("load, contrib", producer, topic, metrics, rate, seconds, provider.shutdown)


def _conf(servers: str) -> dict[str, Any]:
    return {"bootstrap.servers": servers, "linger.ms": 5, "queue.buffering.max.messages": _BACKLOG, **QUIET}


def _load(
    what: str, producer: Any, topic: str, metrics: str, rate: int, seconds: int, finish: Callable[[], object]
) -> Load:
    before = _accepted(metrics)
    times: list[int] = []
    started = time.monotonic()
    for _ in paced(what, rate * seconds, rate):
        start = time.perf_counter_ns()
        producer.produce(topic, b"x" * 200, key=b"order-1")
        times.append(time.perf_counter_ns() - start)
        producer.poll(0)
        if time.monotonic() - started > seconds * _PATIENCE:
            break  # it can't keep the pace, and has shown that
    took = time.monotonic() - started
    producer.flush(60)
    finish()
    times.sort()
    sent = len(times)
    arrived = _accepted(metrics) - before
    return Load(sent, arrived, sent / took, times[sent * 999 // 1000] / 1e6, times[-1] / 1e6)


def _accepted(metrics: str) -> int:
    with urllib.request.urlopen(metrics) as answer:  # noqa: S310 - of this machine
        lines = answer.read().decode().splitlines()
    return round(sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(_ACCEPTED)))
