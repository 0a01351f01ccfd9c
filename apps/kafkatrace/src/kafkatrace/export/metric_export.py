"""Metrics to an exporter of the SDK."""

import logging

from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricsData,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from kafkatrace.metrics.registry import Metrics
from kafkatrace.spans import semconv

_logger = logging.getLogger(__name__)


class Reports:
    """Sends what the metrics say; without an exporter nothing."""

    def __init__(self, metrics: Metrics, resource: Resource, version: str, exporter: MetricExporter | None) -> None:
        self._metrics = metrics
        self._resource = resource
        self._scope = InstrumentationScope(semconv.SCOPE, version, semconv.SCHEMA_URL)
        self._exporter = exporter

    def data(self) -> MetricsData:
        """Return the metrics with whose they are."""
        scoped = ScopeMetrics(self._scope, self._metrics.collect(), semconv.SCHEMA_URL)
        return MetricsData([ResourceMetrics(self._resource, [scoped], self._resource.schema_url)])

    def export(self) -> None:
        """Export once; cumulative metrics lose nothing when that fails, the next one has it all."""
        if self._exporter is None:
            return
        try:
            if self._exporter.export(self.data()) is not MetricExportResult.SUCCESS:
                _logger.debug("the metrics were not taken; the next export has them, too")
        except Exception:
            _logger.exception("the metric exporter raised")

    def shutdown(self) -> None:
        """Shut the exporter down."""
        if self._exporter is not None:
            self._exporter.shutdown()
