"""Metrics to exporters."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricsData,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from kafkatrace.export.delta import Delta
from kafkatrace.export.exporters import raised
from kafkatrace.export.otlp_client import OtlpClient
from kafkatrace.export.partial_success import ExportFailure
from kafkatrace.metrics.registry import Closed, Metrics
from kafkatrace.spans import semconv


class MetricsExporter(Protocol):
    """Takes metrics."""

    def export(self, data: MetricsData) -> ExportFailure | None:
        """Hand metrics over; None when all points were taken."""

    def shutdown(self) -> None:
        """Close what is open."""


class OtlpMetrics:
    """Metrics to a Collector over HTTP."""

    def __init__(self, client: OtlpClient, delta: Delta | None = None) -> None:
        self._client = client
        self._delta = delta

    def export(self, data: MetricsData) -> ExportFailure | None:
        """Post one request."""
        data = data if self._delta is None else self._delta.of(data)
        count = points(data)
        failure = self._client.post(encode_metrics(data).SerializeToString(), count)
        if self._delta is not None and (failure is None or failure.items < count):
            self._delta.taken()
        return failure

    def shutdown(self) -> None:
        """Close connections."""
        self._client.shutdown()


class SdkMetrics:
    """Metrics to any of the SDK's exporters."""

    def __init__(self, exporter: MetricExporter) -> None:
        self._exporter = exporter

    def export(self, data: MetricsData) -> ExportFailure | None:
        """Hand them over."""
        result = self._exporter.export(data)
        if result is MetricExportResult.SUCCESS:
            return None
        return ExportFailure(points(data), f"{type(self._exporter).__name__}.export() returned {result!r}")

    def shutdown(self) -> None:
        """Shut the exporter down."""
        self._exporter.shutdown()


class _Failure(NamedTuple):
    """Why metrics were not taken; the whole of them, or a part."""

    why: str
    whole: bool


class Reports:
    """Sends what the metrics say; without an exporter nothing."""

    def __init__(
        self, metrics: Metrics, resource: Resource, version: str, exporters: Sequence[MetricsExporter]
    ) -> None:
        self._metrics = metrics
        self._resource = resource
        self._scope = InstrumentationScope(semconv.SCOPE, version, semconv.SCHEMA_URL)
        self._exporters = exporters
        self.exported = self.failed = 0
        self._closed_before: Closed | None = None

    def data(self) -> MetricsData:
        """Return the metrics with whose they are."""
        scoped = ScopeMetrics(self._scope, self._metrics.collect(), semconv.SCHEMA_URL)
        return MetricsData([ResourceMetrics(self._resource, [scoped], self._resource.schema_url)])

    def export(self) -> str | None:
        """Export once, and tell what failed; cumulative metrics lose nothing by that, the next export has it all."""
        closed = self._metrics.closed()
        failures = [self._export(each) for each in self._exporters]
        if not any(failure is not None and failure.whole for failure in failures):
            self._forget(closed)
        return next((failure.why for failure in reversed(failures) if failure is not None), None)

    def _export(self, exporter: MetricsExporter) -> "_Failure | None":
        try:
            data = self.data()
            failure = exporter.export(data)
        except BaseException as error:
            return _Failure(raised(error), whole=True)
        count = points(data)
        lost = 0 if failure is None else failure.items
        self.failed += lost
        self.exported += max(count - lost, 0)
        return None if failure is None else _Failure(failure.why, whole=lost >= count)

    def _forget(self, closed: Closed) -> None:
        """Drop what has been told for the last time; collect_metrics() has an interval longer to tell it."""
        if self._exporters:
            self._metrics.forget(closed)
            return
        if self._closed_before is not None:
            self._metrics.forget(self._closed_before)
        self._closed_before = self._metrics.closed()

    def shutdown(self) -> None:
        """Shut the exporters down."""
        for exporter in self._exporters:
            exporter.shutdown()


def points(data: MetricsData) -> int:
    """Count data points."""
    scopes = (scope for resource in data.resource_metrics for scope in resource.scope_metrics)
    return sum(len(metric.data.data_points) for scope in scopes for metric in scope.metrics)
