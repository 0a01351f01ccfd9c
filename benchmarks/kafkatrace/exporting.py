"""The exporting thread: encoding and sending, microseconds of its CPU per span."""

from collections.abc import Mapping
from typing import Final

import kafkatrace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from benchmarks.kafkatrace.clients import QUIET, ThreadCpu
from benchmarks.kafkatrace.environment import variables
from benchmarks.kafkatrace.pace import paced

_SPANS: Final = 60_000
_PER_SECOND: Final = 10_000


def costs(servers: str, topic: str, collector: str) -> Mapping[str, float]:
    """Send spans at a steady rate to a real Collector: ours, and the SDK's with attributes as the instrumentation's."""
    with variables(OTEL_EXPORTER_OTLP_ENDPOINT=collector, OTEL_METRICS_EXPORTER="none"):
        return {"kafkatrace": _ours(servers, topic), "SDK": _sdk()}


def _ours(servers: str, topic: str) -> float:
    cpu = ThreadCpu(lambda: kafkatrace.configure("bench", sampling_ratio=1))
    conf = {"bootstrap.servers": servers, "queue.buffering.max.messages": 1_000_000, **QUIET}
    producer = kafkatrace.Producer(conf, tracing=cpu.made)
    for _ in paced("export, kafkatrace", _SPANS, _PER_SECOND):
        producer.produce(topic, b"x" * 200, key=b"order-1")
        producer.poll(0)
    producer.flush(60)
    exported = cpu.made.flush(60).exported
    spent = cpu.seconds()
    cpu.made.shutdown(30)
    return spent / exported * 1e6


def _sdk() -> float:
    provider = TracerProvider(shutdown_on_exit=False)
    cpu = ThreadCpu(lambda: BatchSpanProcessor(OTLPSpanExporter(), max_queue_size=100_000))
    provider.add_span_processor(cpu.made)
    tracer = provider.get_tracer("bench")
    attributes = {f"messaging.attribute.{number}": "value" for number in range(9)}
    for _ in paced("export, SDK", _SPANS, _PER_SECOND):
        tracer.start_span("send", attributes=attributes).end()
    provider.force_flush()
    spent = cpu.seconds()
    provider.shutdown()
    return spent / _SPANS * 1e6
