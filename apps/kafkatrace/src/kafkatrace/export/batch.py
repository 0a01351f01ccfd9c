"""Encoded spans on their way to one export, and the ways out."""

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from kafkatrace.export import partial_success, sdk_encoding
from kafkatrace.export.environment import SILENT
from kafkatrace.export.metric_export import Reports
from kafkatrace.export.partial_success import ExportFailure
from kafkatrace.spans import decode
from kafkatrace.spans.otlp import Identity


@dataclass(slots=True)
class Batch:
    """Spans of the service and of the Kafka cluster, encoded, and spans that the SDK made."""

    service: list[bytes] = field(default_factory=list)
    cluster: list[bytes] = field(default_factory=list)
    made_by_sdk: list[ReadableSpan] = field(default_factory=list)
    _seen: tuple[int, int] = (0, 0)
    _weight: int = 0

    @property
    def size(self) -> int:
        """How many spans it has."""
        return len(self.service) + len(self.cluster) + len(self.made_by_sdk)

    def weigh(self) -> int:
        """Return how many bytes its encoded spans have; each is looked at once."""
        of_service, of_cluster = self._seen
        self._weight += sum(map(len, self.service[of_service:])) + sum(map(len, self.cluster[of_cluster:]))
        self._seen = len(self.service), len(self.cluster)
        return self._weight

    def room(self, limit: int) -> bool:
        """Whether one more message fits, which gives two spans; one fits in any case."""
        return self.size + 2 <= limit or not self.size


class Encoded:
    """Finishes what was encoded and counted when it ended: (ENCODED, span of the service, of the cluster if any)."""

    def account(self, item: tuple[object, ...]) -> int:
        """Return how many spans there are."""
        return len(item) - 1

    def encode(self, item: tuple[Any, ...], batch: Batch) -> None:
        """Add the spans to the batch."""
        batch.service.append(item[1])
        if len(item) > 2:
            batch.cluster.append(item[2])


ENCODED: Final = Encoded()


class Exporter(Protocol):
    """A way out."""

    def export(self, batch: Batch) -> ExportFailure | None:
        """Hand the spans over; the result is how many were not taken and why, None when all were."""

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
        self._client._logger = SILENT
        self._transport = partial_success.RecordingTransport(self._client._transport)
        self._client._transport = self._transport  # type: ignore[assignment] # it does what the client calls

    def export(self, batch: Batch) -> ExportFailure | None:
        """Post one request."""
        service, cluster = self._identities
        made_by_sdk, lost = sdk_encoding.encode(batch.made_by_sdk)
        body = b"".join((*service.parts(batch.service), *cluster.parts(batch.cluster), made_by_sdk))
        if not body:
            return lost
        result = self._client.export(body)
        if result.success:
            return partial_success.both(lost, partial_success.rejected(self._transport.body))
        status = "" if result.status_code is None else f"HTTP {result.status_code} "
        return ExportFailure(batch.size, status + str(result.error or result.reason or "no answer in time"))

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

    def export(self, batch: Batch) -> ExportFailure | None:
        """Read the encoded spans back, so that both ways out say the same, and hand them over."""
        spans: list[ReadableSpan] = list(batch.made_by_sdk)
        for identity, encoded in zip(self._identities, (batch.service, batch.cluster), strict=True):
            request = ExportTraceServiceRequest.FromString(identity.request(encoded))
            spans.extend(decode.spans(request, identity.resource))
        taken = self._exporter.export(spans) is SpanExportResult.SUCCESS
        return None if taken else ExportFailure(batch.size, f"{type(self._exporter).__name__} says no more")

    def export_metrics(self) -> None:
        """Hand metrics over."""
        self._reports.export()

    def shutdown(self) -> None:
        """Shut the exporter down."""
        self._reports.shutdown()
        self._exporter.shutdown()
