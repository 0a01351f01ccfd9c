"""Metrics to exporters."""

from collections.abc import Sequence
from typing import Protocol

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
from kafkatrace.metrics.registry import Metrics
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

    def data(self) -> MetricsData:
        """Return the metrics with whose they are."""
        scoped = ScopeMetrics(self._scope, self._metrics.collect(), semconv.SCHEMA_URL)
        return MetricsData([ResourceMetrics(self._resource, [scoped], self._resource.schema_url)])

    def export(self) -> str | None:
        """Export once, and tell what failed; cumulative metrics lose nothing by that, the next export has it all."""
        why = None
        for exporter in self._exporters:
            try:
                data = self.data()
                failure = exporter.export(data)
            except BaseException as error:
                failure, data = ExportFailure(0, raised(error)), MetricsData([])
            lost = 0 if failure is None else failure.items
            self.failed += lost
            self.exported += max(points(data) - lost, 0)
            why = why if failure is None else failure.why
        return why

    def shutdown(self) -> None:
        """Shut the exporters down."""
        for exporter in self._exporters:
            exporter.shutdown()


def points(data: MetricsData) -> int:
    """Count data points."""
    scopes = (scope for resource in data.resource_metrics for scope in resource.scope_metrics)
    return sum(len(metric.data.data_points) for scope in scopes for metric in scope.metrics)
