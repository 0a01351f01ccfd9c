"""What a process needs once: its identity, its sampler, its way out for spans, its counters."""

import atexit
import os
import threading
from importlib.metadata import version
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio, Sampler
from opentelemetry.trace import Tracer

from kafkatrace import semconv
from kafkatrace.pipeline import FlushResult, Limits, Pipeline

_DEFAULT_CLUSTER: Final = "kafka"


class Counters:
    """Oddities seen so far; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.malformed_headers = 0
        self.negative_queue_times = 0

    def count(self, *, malformed_headers: int = 0, negative_queue_time: bool = False) -> None:
        """Add what one message showed."""
        if malformed_headers or negative_queue_time:
            with self._lock:
                self.malformed_headers += malformed_headers
                self.negative_queue_times += negative_queue_time


class Tracing:
    """Two identities over one exporter: the service, and the Kafka cluster that queue spans belong to.

    `tracer` is for spans of your own beside ours; `counters` tells what strangers' headers and clocks did.
    """

    def __init__(self, service: Resource, cluster: Resource, sampler: Sampler | None, exporter: SpanExporter) -> None:
        self._pipeline = Pipeline(exporter, Limits.from_environment(os.environ))
        self.tracer: Tracer = _tracer(service, sampler, self._pipeline)
        self.queue_tracer: Tracer = _tracer(cluster, sampler, self._pipeline)
        self.counters = Counters()
        atexit.register(self.shutdown)

    def shutdown(self, timeout: float = 5.0) -> FlushResult:
        """Export what waits, within `timeout` seconds; the result counts every sampled span since the start.

        `dropped` are those not known to have been handed over: refused, overflowed, still under way, never
        ended. Flush the producers first: a send span ends in its delivery report.
        """
        atexit.unregister(self.shutdown)
        return self._pipeline.close(timeout)


def _tracer(resource: Resource, sampler: Sampler | None, pipeline: Pipeline) -> Tracer:
    provider = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(pipeline)
    return provider.get_tracer("kafkatrace", version("kafkatrace"), semconv.SCHEMA_URL)


_current: Tracing | None = None
_current_lock = threading.RLock()


def configure(
    service_name: str | None = None,
    *,
    sampling_ratio: float | None = None,
    exporter: SpanExporter | None = None,
    resource: Resource | None = None,
) -> Tracing:
    """Make the Tracing that clients made from now on without `tracing=` use.

    What isn't given comes from OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER(_ARG) and
    OTEL_EXPORTER_OTLP_* (http/protobuf); the queue span's service from KAFKATRACE_CLUSTER_NAME, else "kafka".
    ValueError for a ratio outside 0…1 or another protocol.
    """
    global _current  # the process-wide one is the point
    tracing = Tracing(
        _service(service_name, resource),
        Resource({SERVICE_NAME: os.environ.get("KAFKATRACE_CLUSTER_NAME") or _DEFAULT_CLUSTER}, semconv.SCHEMA_URL),
        _sampler(sampling_ratio),
        exporter or _otlp_exporter(),
    )
    with _current_lock:
        _current = tracing
    return tracing


def current() -> Tracing:
    """Give the process-wide Tracing; it is made from the environment when configure() was not called."""
    with _current_lock:  # two clients made at once must not configure twice
        return _current or configure()


def _service(name: str | None, resource: Resource | None) -> Resource:
    service = Resource.create().merge(resource or Resource.get_empty())
    return service.merge(Resource({SERVICE_NAME: name})) if name else service


def _sampler(ratio: float | None) -> Sampler | None:
    if ratio is None:
        return None  # the SDK then reads OTEL_TRACES_SAMPLER
    if not 0 <= ratio <= 1:
        raise ValueError(f"sampling_ratio is {ratio}: give a number from 0 (nothing) to 1 (every trace)")
    return ParentBasedTraceIdRatio(ratio)


def _otlp_exporter() -> SpanExporter:
    for name in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if protocol := os.environ.get(name):
            if protocol != "http/protobuf":
                raise ValueError(f"{name} is {protocol!r}: kafkatrace sends http/protobuf; for others pass exporter=")
            break
    return OTLPSpanExporter()
