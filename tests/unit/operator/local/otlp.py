"""Requests as kafkatrace's exporter makes them."""

from itertools import count

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    Histogram,
    HistogramDataPoint,
    Metric,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

MS = 1_000_000
_ids = count(1)


def resource(service: str) -> Resource:
    return Resource(attributes=[KeyValue(key="service.name", value=AnyValue(string_value=service))])


def request(*spans: tuple[str, Span]) -> ExportTraceServiceRequest:
    return ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(resource=resource(service), scope_spans=[ScopeSpans(spans=[span])]) for service, span in spans
        ]
    )


def span(trace: bytes, number: int, parent: int, name: str, start: int, length: int = MS) -> Span:
    return Span(
        trace_id=trace,
        span_id=number.to_bytes(8, "big"),
        parent_span_id=parent.to_bytes(8, "big") if parent else b"",
        name=name,
        start_time_unix_nano=start,
        end_time_unix_nano=start + length,
    )


def message(sent: int, topic: str = "traced-topic") -> ExportTraceServiceRequest:
    """The three spans of a message."""
    trace = next(_ids).to_bytes(16, "big")
    return request(
        ("orders-producer", span(trace, 1, 0, f"send {topic}", sent)),
        ("orders-kafka", span(trace, 2, 1, f"queue {topic}", sent + MS)),
        ("orders-consumer", span(trace, 3, 2, f"process {topic}", sent + 2 * MS)),
    )


def histogram(
    name: str, counts: list[int], bounds: list[float], service: str = "orders-consumer", *, delta: bool = False
) -> ExportMetricsServiceRequest:
    kind = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
    if not delta:
        kind = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    point = HistogramDataPoint(count=sum(counts), bucket_counts=counts, explicit_bounds=bounds)
    metric = Metric(name=name, histogram=Histogram(data_points=[point], aggregation_temporality=kind))
    return ExportMetricsServiceRequest(
        resource_metrics=[ResourceMetrics(resource=resource(service), scope_metrics=[ScopeMetrics(metrics=[metric])])]
    )
