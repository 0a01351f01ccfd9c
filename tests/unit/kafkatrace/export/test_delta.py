"""Metrics with OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta."""

from typing import Any

import pytest
from kafkatrace.export.delta import Delta
from kafkatrace.export.environment import metric_exporters
from kafkatrace.export.metric_export import OtlpMetrics, Reports
from kafkatrace.export.partial_success import ExportFailure
from kafkatrace.metrics import metric_definitions
from kafkatrace.metrics.registry import Metrics
from kafkatrace.variables import Variables
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.sdk.resources import Resource

NAME = "messaging.process.duration"


class Client:
    """Takes requests, or not."""

    def __init__(self) -> None:
        self.failure: ExportFailure | None = None
        self.taken: list[metrics_pb2.Metric] = []

    def post(self, body: bytes, items: int) -> ExportFailure | None:
        if self.failure is None:
            (group,) = ExportMetricsServiceRequest.FromString(body).resource_metrics
            self.taken = list(group.scope_metrics[0].metrics)
        return self.failure

    def histogram(self) -> Any:
        (metric,) = [each for each in self.taken if each.name == NAME]
        assert metric.histogram.aggregation_temporality == metrics_pb2.AGGREGATION_TEMPORALITY_DELTA
        (point,) = metric.histogram.data_points
        return point

    def sums(self) -> dict[str, int]:
        return {each.name: each.sum.data_points[0].as_int for each in self.taken if each.HasField("sum")}


def test_each_export_has_what_came_since_the_last_that_was_taken() -> None:
    client: Any = Client()
    metrics = Metrics()
    processed = metrics.duration(metric_definitions.PROCESS_DURATION, {}, metric_definitions.SENT_MESSAGES)
    reports = Reports(metrics, Resource({}), "1", [OtlpMetrics(client, Delta())])
    processed.add(1_000_000)
    assert reports.export() is None
    first = client.histogram()
    assert (first.count, sum(first.bucket_counts)) == (1, 1)
    assert client.sums() == {"messaging.client.sent.messages": 1}

    client.failure = ExportFailure(99, "HTTP 503")
    processed.add(2_000_000_000)
    assert reports.export() == "HTTP 503"
    client.failure = None
    processed.add(2_000_000_000)
    assert reports.export() is None
    second = client.histogram()
    assert (second.count, sum(second.bucket_counts), second.sum) == (2, 2, pytest.approx(4))
    assert second.start_time_unix_nano == first.time_unix_nano
    assert not second.HasField("min")
    assert client.sums() == {"messaging.client.sent.messages": 2}

    assert reports.export() is None
    assert client.taken == [], "nothing came"


@pytest.mark.parametrize(("value", "delta"), [("delta", True), ("LowMemory", True), ("cumulative", False), ("", False)])
def test_the_variable_is_obeyed(value: str, delta: bool) -> None:
    variables = Variables({"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": value})
    (exporter,) = metric_exporters(variables, beside_otlp=True)
    assert isinstance(exporter, OtlpMetrics)
    assert (exporter._delta is not None) == delta
    exporter.shutdown()
