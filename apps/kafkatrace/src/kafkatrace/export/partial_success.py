"""What a Collector answers: it may take a request, and not all of its spans or points.

https://opentelemetry.io/docs/specs/otlp/#partial-success-1
"""

from typing import NamedTuple

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse


class ExportFailure(NamedTuple):
    """How many spans or points were not taken, and why."""

    items: int
    why: str


def rejected_spans(body: bytes) -> ExportFailure | None:
    """Read what a Collector that took the request says of single spans; an answer that is no OTLP says nothing."""
    try:
        partial = ExportTraceServiceResponse.FromString(body).partial_success
    except DecodeError:
        return None
    return _failure(partial.rejected_spans, partial.error_message)


def rejected_points(body: bytes) -> ExportFailure | None:
    """Read the same of metrics' data points."""
    try:
        partial = ExportMetricsServiceResponse.FromString(body).partial_success
    except DecodeError:
        return None
    return _failure(partial.rejected_data_points, partial.error_message)


def _failure(rejected: int, why: str) -> ExportFailure | None:
    if rejected <= 0:
        return None
    return ExportFailure(rejected, why or "the Collector rejected them without a word")


def both(one: ExportFailure | None, other: ExportFailure | None) -> ExportFailure | None:
    """Return the items of both failures, with the reason of the second where there is one."""
    if one is None or other is None:
        return one or other
    return ExportFailure(one.items + other.items, other.why)
