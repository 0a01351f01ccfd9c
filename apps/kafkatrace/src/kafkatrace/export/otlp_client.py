"""One signal's OTLP client over HTTP: sending, retrying, TLS and compression are the SDK's."""

import logging
from collections.abc import Callable
from typing import Any, Final

from opentelemetry.exporter.http.transport._requests import RequestsHTTPTransport
from opentelemetry.exporter.otlp.common.http import _OTLPHTTPClient

from kafkatrace.export import explain
from kafkatrace.export.otlp_settings import OtlpSettings
from kafkatrace.export.partial_success import ExportFailure

# The SDK's client logs every attempt; what came of them the pipeline logs, once a minute at most.
_SILENT: Final = logging.getLogger("kafkatrace.export")
_SILENT.disabled = True
TOO_LARGE: Final = 413


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


class OtlpClient:
    """Posts encoded requests; `rejected` reads what an answer says of single spans or points."""

    def __init__(self, settings: OtlpSettings, kind: str, rejected: Callable[[bytes], ExportFailure | None]) -> None:
        self._settings = settings
        self._rejected = rejected
        transport = RequestsHTTPTransport(verify=settings.verify, cert=settings.cert, session=settings.session)
        self._transport = RecordingTransport(transport)
        self._client = _OTLPHTTPClient(
            self._transport,  # type: ignore[arg-type] # it does what the client calls
            settings.endpoint,
            kind,  # type: ignore[arg-type] # for its log only
            settings.timeout,
            settings.compression,
            settings.headers,
            logger=_SILENT,
        )
        self.status: int | None = None

    def post(self, body: bytes, items: int) -> ExportFailure | None:
        """Post a request of so many items; None when all were taken."""
        result = self._client.export(body)
        self.status = result.status_code
        endpoint = self._settings.endpoint
        if result.status_code is None:
            return ExportFailure(items, explain.no_answer(result.error, endpoint, self._settings.timeout))
        if not result.success or result.status_code >= 300:  # the SDK takes a redirect for a success
            return ExportFailure(items, explain.answer(result.status_code, result.reason, endpoint))
        return self._rejected(self._transport.body)

    def shutdown(self) -> None:
        """Close connections."""
        self._client.shutdown()
