"""Spans that the SDK made, as OTLP: the SDK's encoder refuses all of them for one value that it can't encode."""

import logging
from collections.abc import Iterator, Sequence

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan

from kafkatrace.export.partial_success import ExportFailure

_logger = logging.getLogger(__name__)


def encode(spans: Sequence[ReadableSpan]) -> tuple[bytes, ExportFailure | None]:
    """Encode what can be encoded; the failure says how many spans could not, and why."""
    if not spans:
        return b"", None
    try:
        return encode_spans(spans).SerializeToString(), None
    except Exception:  # the encoder raises whatever protobuf, or a value, does
        return _one_by_one(spans)


def _one_by_one(spans: Sequence[ReadableSpan]) -> tuple[bytes, ExportFailure | None]:
    errors: list[Exception] = []
    encoded = b"".join(_encoded(spans, errors))
    if errors:
        _logger.error("%d spans could not be encoded; the first error:", len(errors), exc_info=errors[0])
    return encoded, ExportFailure(len(errors), f"{errors[0]!r}, encoding a span") if errors else None


def _encoded(spans: Sequence[ReadableSpan], errors: list[Exception]) -> Iterator[bytes]:
    for span in spans:  # requests one after the other are one with the spans of all
        try:
            yield encode_spans([span]).SerializeToString()
        except Exception as error:
            errors.append(error)
