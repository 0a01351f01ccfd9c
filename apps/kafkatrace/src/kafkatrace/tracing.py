"""What a process needs once: its identity, its sampler, its way out for spans and metrics, its counters."""

import os
import threading
from collections.abc import Iterable
from importlib.metadata import version

from opentelemetry import trace
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics.export import MetricsData
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.trace import Tracer

from kafkatrace.context.ids import SpanIds
from kafkatrace.context.late_keep import LateKeep
from kafkatrace.context.restraint import Restraint
from kafkatrace.context.sampling import Sampling
from kafkatrace.export import arguments, at_exit, environment
from kafkatrace.export.batch_limits import Limits
from kafkatrace.export.exporters import Exporter, OtlpExporter, SdkExporter, Several
from kafkatrace.export.metric_export import Reports
from kafkatrace.export.observables import watch_counters, watch_pipeline, watch_reports
from kafkatrace.export.pipeline import FlushResult, Pipeline
from kafkatrace.export.sdk_spans import OwnSpans
from kafkatrace.export.span_limits import span_limits
from kafkatrace.export.unfinished import Unfinished
from kafkatrace.export.users_provider import ThroughProvider
from kafkatrace.metrics.counters import Counters
from kafkatrace.metrics.registry import Metrics
from kafkatrace.spans import resources, semconv
from kafkatrace.spans.otlp import Identity
from kafkatrace.variables import Variables


class Tracing:
    """Two identities over one exporter: the service, and the Kafka cluster that queue spans belong to.

    `tracer` is for spans of your own beside ours; `counters` tells what strangers' headers and clocks did.
    configure() makes it from its arguments and the environment's variables: sampling, exporter,
    restraint, late_keep, the SDK's provider, whether it is enabled.
    """

    def __init__(  # noqa: PLR0913 - configure() calls it, each by name
        self,
        service: Resource,
        cluster: Resource,
        sampling: Sampling,
        exporter: SpanExporter | None = None,
        variables: Variables | None = None,
        *,
        provider: TracerProvider | None = None,
        restraint: Restraint | None = None,
        late_keep: LateKeep | None = None,
        enabled: bool = True,
    ) -> None:
        variables = Variables({}) if variables is None else variables
        self.restraint = Restraint() if restraint is None else restraint
        self.late_keep = LateKeep() if late_keep is None else late_keep
        self.enabled = enabled
        self.metrics_enabled = environment.metrics_enabled(variables)
        self.carries_baggage = environment.carries_baggage(variables)
        self.commit_traces = variables.boolean("KAFKATRACE_COMMIT_TRACES")
        self.sampling = sampling
        self.roots = sampling.roots()
        self.span_ids = SpanIds()
        self.limits = span_limits(variables)
        self.counters = Counters()
        release = version("kafkatrace")
        identities = Identity(service, release), Identity(cluster, release)
        exporters = self._exporters(exporter, variables, *identities)
        beside_otlp = any(isinstance(each, OtlpExporter) for each in exporters)
        is_exponential = enabled and environment.exponential_histograms(variables, beside_otlp=beside_otlp)
        self.metrics = Metrics(is_exponential=is_exponential)
        metric_exporters = environment.metric_exporters(variables, beside_otlp=beside_otlp) if enabled else []
        self._reports = Reports(self.metrics, service, release, metric_exporters)
        self.pipeline = Pipeline(Several(exporters), Limits.read(variables), self._reports)
        self.provider = _provider(service, sampling, self.pipeline, self.limits) if provider is None else provider
        self.tracer: Tracer = self.provider.get_tracer(semconv.SCOPE, release, semconv.SCHEMA_URL)
        watch_counters(self.metrics, self.counters)
        watch_pipeline(self.metrics, self.pipeline)
        watch_reports(self.metrics, self._reports)
        self.unfinished = Unfinished()
        at_exit.add(self)

    def _exporters(
        self, given: SpanExporter | None, variables: Variables, service: Identity, cluster: Identity
    ) -> list[Exporter]:
        if not self.enabled:
            return []
        if given is not None:
            return [SdkExporter(given, service, cluster)]
        return environment.span_exporters(variables, service, cluster)

    def child(self, traceparent: bytes) -> bytes:
        """Make the traceparent of a span beneath this one; where it is not sampled, only the flags may differ."""
        sampled = traceparent[54] & 1 if self.sampling.parent_based else self.roots.samples(traceparent)
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
        ended. Flush the producers first: a send span ends in its delivery report. Process spans and transactions that
        are open end here, as `kafkatrace.unfinished` and with the outcome `unknown`.
        """
        self.begin_close()
        at_exit.remove(self)
        return self.pipeline.close(timeout)

    def begin_close(self) -> None:
        """Begin what shutdown() waits for."""
        self.unfinished.end()
        self.pipeline.begin_close()


def _provider(resource: Resource, sampling: Sampling, pipeline: Pipeline, limits: SpanLimits) -> TracerProvider:
    provider = TracerProvider(
        sampler=sampling.sampler(),
        resource=resource,
        shutdown_on_exit=False,
        span_limits=limits,
        meter_provider=NoOpMeterProvider(),  # it would look for OTEL_PYTHON_METER_PROVIDER
    )
    provider.add_span_processor(OwnSpans(pipeline))
    return provider


_current: Tracing | None = None
_current_lock = threading.RLock()


def configure(  # noqa: PLR0913 - each by name
    service_name: str | None = None,
    *,
    sampling_ratio: float | None = None,
    exporter: SpanExporter | None = None,
    resource: Resource | None = None,
    exclude_topics: Iterable[str] | None = None,
    message_keys: bool | None = None,
    keep_slower_than: float | None = None,
    keep_errors: bool | None = None,
    tracer_provider: TracerProvider | None = None,
    set_global: bool = False,
) -> Tracing:
    """Make the Tracing that clients made from now on without `tracing=` use.

    service_name: the service that the spans belong to
    sampling_ratio: how much of the new traces is recorded, from 0 to 1
    exporter: takes the spans in place of a Collector; an instance of the SDK's SpanExporter, or of what has its methods
    resource: attributes of the service beside those of the environment
    exclude_topics: patterns of topics that are not traced, such as "audit.*": no spans, no metrics, no headers
    message_keys: False leaves the messages' keys, which may be personal data, out of the spans
    keep_slower_than: seconds; a message that took longer, from its timestamp to the end of its processing, has its
        queue and process spans though it is not sampled
    keep_errors: True does the same for a message whose processing or sending failed
    tracer_provider: one of the SDK; its sampler decides, its resource is the service, its processors get the spans
    set_global: True makes the provider the global one, so that the spans of other instrumentation go the same way

    What isn't given comes from the OTEL_* variables that README lists; the queue span's service from
    KAFKATRACE_CLUSTER_NAME, else "kafka", its host and other surroundings from the service's resource. TypeError or
    ValueError for arguments that are wrong. A variable that can't be followed raises nothing: the log names it, and
    what is used instead.
    """
    global _current  # the process-wide one is the point
    arguments.check(service_name, exporter, resource)
    own = {"service_name": service_name, "sampling_ratio": sampling_ratio, "exporter": exporter, "resource": resource}
    arguments.check_provider(tracer_provider, **own)
    variables = Variables(os.environ)
    enabled = environment.enabled(variables)
    if not enabled:
        variables = Variables({})  # nothing else is looked at
    provider = tracer_provider if enabled else None
    sampling = Sampling.read(sampling_ratio, variables) if provider is None else Sampling.by(provider.sampler)
    environment.check_unsupported(variables)
    service = resources.service(service_name, resource, variables) if provider is None else provider.resource
    cluster = resources.cluster(service, variables)
    restraint = Restraint.read(exclude_topics, message_keys, variables)
    late_keep = LateKeep.read(keep_slower_than, keep_errors, variables)
    exporter = exporter if provider is None else ThroughProvider(provider)
    tracing = Tracing(
        service,
        cluster,
        sampling,
        exporter,
        variables,
        provider=provider,
        restraint=restraint,
        late_keep=late_keep,
        enabled=enabled,
    )
    if set_global and enabled:
        trace.set_tracer_provider(tracing.provider)
    with _current_lock:
        _current = tracing
    return tracing


def chosen(given: Tracing | None) -> Tracing:
    """Return what a client was given, else the process-wide one; TypeError for what is no Tracing."""
    if given is None:
        return current()
    if not isinstance(given, Tracing):
        raise TypeError(f"tracing is {given!r}: give what kafkatrace.configure() returned")
    return given


def current() -> Tracing:
    """Return the process-wide Tracing; it is made from the environment when configure() was not called."""
    with _current_lock:  # two clients made at once must not configure twice
        return _current or configure()
