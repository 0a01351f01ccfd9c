"""What a Collector answers: it may take a request, and not all of its spans.

https://opentelemetry.io/docs/specs/otlp/#partial-success-1
"""

from typing import Any, NamedTuple

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse


class ExportFailure(NamedTuple):
    """How many spans of a batch were not taken, and why."""

    spans: int
    why: str


class RecordingTransport:
    """The transport of the SDK's client, which tells nobody what the answer said: keeps the last one's body."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.is_connection_error = transport.is_connection_error
        self.close = transport.close
        self.body = b""

    def request(self, *arguments: Any, **more: Any) -> Any:
        """Pass the request on."""
        self.body = b""
        result = self._transport.request(*arguments, **more)
        if result.error is None:
            self.body = result.content()
        return result


def rejected(body: bytes) -> ExportFailure | None:
    """Read what a Collector that took the request says of single spans; an answer that is no OTLP says nothing."""
    try:
        partial = ExportTraceServiceResponse.FromString(body).partial_success
    except DecodeError:
        return None
    if partial.rejected_spans <= 0:
        return None
    return ExportFailure(partial.rejected_spans, partial.error_message or "the Collector rejected them without a word")


def both(one: ExportFailure | None, other: ExportFailure | None) -> ExportFailure | None:
    """Return the spans of both failures, with the reason of the second where there is one."""
    if one is None or other is None:
        return one or other
    return ExportFailure(one.spans + other.spans, other.why)
