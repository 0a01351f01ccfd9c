"""Encoded spans on their way to one export, and the ways out."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from kafkatrace import readable
from kafkatrace.otlp import Identity
from kafkatrace.reports import Reports


@dataclass(slots=True)
class Batch:
    """Spans of the service and of the Kafka cluster, encoded, and spans that the SDK made."""

    service: list[bytes] = field(default_factory=list)
    cluster: list[bytes] = field(default_factory=list)
    made_by_sdk: list[ReadableSpan] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many spans it has."""
        return len(self.service) + len(self.cluster) + len(self.made_by_sdk)

    def room(self, limit: int) -> bool:
        """Whether one more message fits, which gives two spans; one fits in any case."""
        return self.size + 2 <= limit or not self.size


class Exporter(Protocol):
    """A way out."""

    def export(self, batch: Batch) -> bool:
        """Hand the spans over; False when they were not taken."""

    def export_metrics(self) -> None:
        """Hand over what the metrics say now."""

    def shutdown(self) -> None:
        """Close what is open."""


class OtlpExporter:
    """Bytes to a Collector over HTTP. Sending, retrying, TLS, compression, OTEL_EXPORTER_OTLP_*: the SDK's."""

    def __init__(self, service: Identity, cluster: Identity, reports: Reports) -> None:
        self._identities = service, cluster
        self._reports = reports
        self._client = OTLPSpanExporter()._client  # the SDK has no public way for bytes
        self._client._logger = _sparing_logger("kafkatrace.export")

    def export(self, batch: Batch) -> bool:
        """Post one request."""
        service, cluster = self._identities
        made_by_sdk = encode_spans(batch.made_by_sdk).SerializeToString() if batch.made_by_sdk else b""
        return self._client.export(
            service.request(batch.service) + cluster.request(batch.cluster) + made_by_sdk
        ).success

    def export_metrics(self) -> None:
        """Post metrics."""
        self._reports.export()

    def shutdown(self) -> None:
        """Close connections."""
        self._reports.shutdown()
        self._client.shutdown()


class SdkExporter:
    """Spans to any of the SDK's exporters."""

    def __init__(self, exporter: SpanExporter, service: Identity, cluster: Identity, reports: Reports) -> None:
        self._exporter = exporter
        self._identities = service, cluster
        self._reports = reports

    def export(self, batch: Batch) -> bool:
        """Read the encoded spans back, so that both ways out say the same, and hand them over."""
        spans: list[ReadableSpan] = list(batch.made_by_sdk)
        for identity, encoded in zip(self._identities, (batch.service, batch.cluster), strict=True):
            request = ExportTraceServiceRequest.FromString(identity.request(encoded))
            spans.extend(readable.spans(request, identity.resource))
        return self._exporter.export(spans) is SpanExportResult.SUCCESS

    def export_metrics(self) -> None:
        """Hand metrics over."""
        self._reports.export()

    def shutdown(self) -> None:
        """Shut the exporter down."""
        self._reports.shutdown()
        self._exporter.shutdown()


_SECONDS_BETWEEN: Final = 60.0


class _OnceAMinute(logging.Filter):
    """With the Collector away, each batch would log several times."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._next = clock()

    def filter(self, record: logging.LogRecord) -> bool:
        if self._clock() < self._next:
            return False
        self._next = self._clock() + _SECONDS_BETWEEN
        return True


def _sparing_logger(name: str) -> logging.Logger:
    logger = logging.getLogger(name)
    if not any(isinstance(each, _OnceAMinute) for each in logger.filters):
        logger.addFilter(_OnceAMinute())
    return logger
