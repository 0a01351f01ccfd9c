"""Where encoded spans and metrics go."""

import struct
from collections.abc import Sequence
from typing import Final, Protocol

from google.protobuf.message import EncodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from kafkatrace.export import sdk_encoding
from kafkatrace.export.batch import Batch
from kafkatrace.export.otlp_client import TOO_LARGE, OtlpClient
from kafkatrace.export.partial_success import ExportFailure, both
from kafkatrace.spans import decode
from kafkatrace.spans.otlp import Identity

# What encoders raise for a value; what a network raises is another matter, and a second call would only take longer.
_OF_ENCODERS: Final = (ArithmeticError, AttributeError, EncodeError, LookupError, TypeError, ValueError, struct.error)
_MOST_CALLS: Final = 100  # for a batch; to find one span of 8192 takes 27
_LARGEST: Final = 1_000_000  # bytes of a request: proxies take 1 MiB by default


class Exporter(Protocol):
    """Takes spans."""

    def export(self, batch: Batch) -> ExportFailure | None:
        """Hand the spans over; the result is how many were not taken and why, None when all were."""

    def shutdown(self) -> None:
        """Close what is open."""


class OtlpExporter:
    """Bytes to a Collector over HTTP, in requests of about a megabyte at most."""

    def __init__(self, service: Identity, cluster: Identity, client: OtlpClient) -> None:
        self._identities = service, cluster
        self._client = client
        self._largest = _LARGEST

    def export(self, batch: Batch) -> ExportFailure | None:
        """Post one request, or several smaller ones where it is too large."""
        service, cluster = self._identities
        made_by_sdk, lost = sdk_encoding.encode(batch.made_by_sdk)
        body = b"".join((*service.parts(batch.service), *cluster.parts(batch.cluster), made_by_sdk))
        if not body:
            return lost
        if batch.size > 1 and len(body) > self._largest:
            return self._in_halves(batch)
        items = batch.size - (0 if lost is None else lost.items)
        failure = self._client.post(body, items)
        if failure is not None and self._client.status == TOO_LARGE and batch.size > 1:
            self._largest = len(body) // 2
            return self._in_halves(batch)
        return both(lost, failure)

    def _in_halves(self, batch: Batch) -> ExportFailure | None:
        first, second = batch.halves()
        return both(self.export(first), self.export(second))

    def shutdown(self) -> None:
        """Close connections."""
        self._client.shutdown()


class SdkExporter:
    """Spans to any of the SDK's exporters."""

    def __init__(self, exporter: SpanExporter, service: Identity, cluster: Identity) -> None:
        self._exporter = exporter
        self._identities = service, cluster

    def export(self, batch: Batch) -> ExportFailure | None:
        """Read the encoded spans back, so that all exporters get the same, and hand them over."""
        spans: list[ReadableSpan] = list(batch.made_by_sdk)
        for identity, encoded in zip(self._identities, (batch.service, batch.cluster), strict=True):
            request = ExportTraceServiceRequest.FromString(identity.request(encoded))
            spans.extend(decode.spans(request, identity.resource))
        return self._export_what_can_be(spans)

    def _export_what_can_be(self, spans: list[ReadableSpan]) -> ExportFailure | None:
        """Hand the spans over; in halves, and halves of those, where one of them can't be encoded."""
        waiting, failure = [spans], None
        for _ in range(_MOST_CALLS):
            if not waiting:
                return failure
            part = waiting.pop()
            failed, divisible = self._export(part)
            if failed is not None and divisible and len(part) > 1:
                middle = len(part) // 2
                waiting += part[middle:], part[:middle]
            else:
                failure = both(failure, failed)
        return both(ExportFailure(sum(map(len, waiting)), "most of the spans can't be encoded"), failure)

    def _export(self, spans: list[ReadableSpan]) -> tuple[ExportFailure | None, bool]:
        """Call the exporter; the second result is whether a part of the spans may be what it can't encode."""
        try:
            result = self._exporter.export(spans)
        except BaseException as error:  # SystemExit, too: it is an exporter of others
            return ExportFailure(len(spans), raised(error)), isinstance(error, _OF_ENCODERS)
        if result is SpanExportResult.SUCCESS:
            return None, False
        return ExportFailure(len(spans), f"{type(self._exporter).__name__}.export() returned {result!r}"), False

    def shutdown(self) -> None:
        """Shut the exporter down."""
        self._exporter.shutdown()


class Several:
    """Spans to several exporters; a span counts as lost where one of them did not take it. Of none, all are taken."""

    def __init__(self, exporters: Sequence[Exporter]) -> None:
        self._exporters = exporters

    def export(self, batch: Batch) -> ExportFailure | None:
        """Hand the spans to each, whatever becomes of them at the others."""
        failures = [failure for each in self._exporters if (failure := attempt(each, batch)) is not None]
        return max(failures, default=None)

    def shutdown(self) -> None:
        """Shut each of them down."""
        for each in self._exporters:
            each.shutdown()


def attempt(exporter: Exporter, batch: Batch) -> ExportFailure | None:
    """Export, where an exporter that raises, be it SystemExit, has failed and no more."""
    try:
        return exporter.export(batch)
    except BaseException as error:
        return ExportFailure(batch.size, raised(error))


def raised(error: BaseException) -> str:
    """Return an exception's class and message; the class alone where its own __str__ fails."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__
