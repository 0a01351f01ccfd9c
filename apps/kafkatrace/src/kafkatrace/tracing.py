"""What a process needs once: its identity, its sampler, its way out for spans and metrics, its counters."""

import atexit
import os
import threading
from importlib.metadata import version

from opentelemetry.sdk.metrics.export import MetricsData
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.trace import Tracer

from kafkatrace.context.ids import Roots, SpanIds
from kafkatrace.context.sampling import Sampling
from kafkatrace.export import environment
from kafkatrace.export.batch import OtlpExporter, SdkExporter
from kafkatrace.export.batch_limits import Limits
from kafkatrace.export.metric_export import Reports
from kafkatrace.export.observables import watch_counters, watch_pipeline
from kafkatrace.export.pipeline import FlushResult, Pipeline
from kafkatrace.export.sdk_spans import OwnSpans
from kafkatrace.metrics.counters import Counters
from kafkatrace.metrics.registry import Metrics
from kafkatrace.spans import resources, semconv
from kafkatrace.spans.otlp import Identity


class Tracing:
    """Two identities over one exporter: the service, and the Kafka cluster that queue spans belong to.

    `tracer` is for spans of your own beside ours; `counters` tells what strangers' headers and clocks did.
    """

    def __init__(
        self,
        service: Resource,
        cluster: Resource,
        sampling: Sampling,
        exporter: SpanExporter | None = None,
    ) -> None:
        self.enabled = environment.enabled(os.environ)
        self.metrics_enabled = environment.metrics_enabled(os.environ)
        self.carries_baggage = environment.carries_baggage(os.environ)
        self.commit_traces = environment.commit_traces(os.environ)
        self.sampling = sampling
        self.roots = Roots(sampling.ratio)
        self.span_ids = SpanIds()
        self.limits = SpanLimits()
        self.counters = Counters()
        self.metrics = Metrics()
        release = version("kafkatrace")
        exporter = exporter or environment.span_exporter(os.environ)
        beside_otlp = exporter is None
        metric_exporter = environment.metric_exporter(os.environ, beside_otlp=beside_otlp) if self.enabled else None
        self._reports = Reports(self.metrics, service, release, metric_exporter)
        others = Identity(service, release), Identity(cluster, release), self._reports
        chosen = OtlpExporter(*others) if exporter is None else SdkExporter(exporter, *others)
        self.pipeline = Pipeline(chosen, Limits.from_environment(os.environ))
        self.tracer: Tracer = _tracer(service, sampling, self.pipeline, release)
        watch_counters(self.metrics, self.counters)
        watch_pipeline(self.metrics, self.pipeline)
        atexit.register(self.shutdown)

    def child(self, traceparent: bytes) -> bytes:
        """Make the traceparent of a span beneath this one; where it is not sampled, only the flags may differ."""
        sampled = traceparent[54] & 1 if self.sampling.parent_based else self.roots.samples(traceparent[3:35])
        random = traceparent[54] & 2  # the digits 0 to 3 have the bits of the numbers
        if sampled:
            return traceparent[:36] + self.span_ids.take() + (b"-03" if random else b"-01")
        return traceparent[:54] + (b"2" if random else b"0")

    def collect_metrics(self) -> MetricsData:
        """Return all metrics as they are now, as the SDK's data, for those who export them by themselves."""
        return self._reports.data()

    def flush(self, timeout: float = 5.0) -> FlushResult:
        """Export what waits now, within `timeout` seconds; the result counts as that of shutdown()."""
        return self.pipeline.flush(timeout)

    def shutdown(self, timeout: float = 5.0) -> FlushResult:
        """Export what waits, within `timeout` seconds; the result counts every sampled span since the start.

        `dropped` are those not known to have been handed over: refused, overflowed, still under way, never
        ended. Flush the producers first: a send span ends in its delivery report.
        """
        atexit.unregister(self.shutdown)
        return self.pipeline.close(timeout)


def _tracer(resource: Resource, sampling: Sampling, pipeline: Pipeline, release: str) -> Tracer:
    provider = TracerProvider(sampler=sampling.sampler(), resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(OwnSpans(pipeline))
    return provider.get_tracer(semconv.SCOPE, release, semconv.SCHEMA_URL)


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

    What isn't given comes from the OTEL_* variables that README lists; the queue span's service from
    KAFKATRACE_CLUSTER_NAME, else "kafka", its host and other surroundings from the service's resource. ValueError for a
    variable or a ratio that can't be followed.
    """
    global _current  # the process-wide one is the point
    service = resources.service(service_name, resource)
    tracing = Tracing(
        service,
        resources.cluster(service, os.environ),
        Sampling.read(sampling_ratio, os.environ),
        exporter,
    )
    with _current_lock:
        _current = tracing
    return tracing


def current() -> Tracing:
    """Return the process-wide Tracing; it is made from the environment when configure() was not called."""
    with _current_lock:  # two clients made at once must not configure twice
        return _current or configure()
