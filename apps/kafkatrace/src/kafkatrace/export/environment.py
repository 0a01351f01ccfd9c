"""The OTEL_* variables that choose exporters, protocols, propagators; what can't be followed is refused by name."""

import logging
from collections.abc import Mapping
from typing import Final

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, MetricExporter
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter, SpanExportResult

# The SDK's clients log every attempt; what came of them the pipeline logs, once a minute at most.
SILENT: Final = logging.getLogger("kafkatrace.export")
SILENT.disabled = True
_PROTOCOL: Final = "http/protobuf"
_EXPORTERS: Final = ("otlp", "console", "none")


class _Nowhere(SpanExporter):
    """OTEL_TRACES_EXPORTER=none: contexts travel, spans are not kept."""

    def export(self, spans: object) -> SpanExportResult:
        return SpanExportResult.SUCCESS


def enabled(variables: Mapping[str, str]) -> bool:
    """Read OTEL_SDK_DISABLED."""
    return variables.get("OTEL_SDK_DISABLED", "").strip().lower() != "true"


def span_exporter(variables: Mapping[str, str]) -> SpanExporter | None:
    """Read OTEL_TRACES_EXPORTER; None is our own way over OTLP."""
    match _exporter(variables, "OTEL_TRACES_EXPORTER"):
        case "console":
            return ConsoleSpanExporter()
        case "none":
            return _Nowhere()
    _check_protocol(variables, "TRACES")
    return None


def metrics_enabled(variables: Mapping[str, str]) -> bool:
    """Whether anybody wants metrics; with OTEL_METRICS_EXPORTER=none unsampled messages cost less."""
    return variables.get("OTEL_METRICS_EXPORTER", "").strip().lower() != "none"


def metric_exporter(variables: Mapping[str, str], *, beside_otlp: bool) -> MetricExporter | None:
    """Read OTEL_METRICS_EXPORTER; unset, metrics go over OTLP where spans do, else nowhere."""
    if not variables.get("OTEL_METRICS_EXPORTER", "").strip() and not beside_otlp:
        return None
    match _exporter(variables, "OTEL_METRICS_EXPORTER"):
        case "console":
            return ConsoleMetricExporter()
        case "none":
            return None
    _check_protocol(variables, "METRICS")
    exporter = OTLPMetricExporter()
    exporter._client._logger = SILENT
    return exporter


def carries_baggage(variables: Mapping[str, str]) -> bool:
    """Read OTEL_PROPAGATORS, of which we have two; ValueError for others."""
    names = {name.strip() for name in variables.get("OTEL_PROPAGATORS", "").split(",") if name.strip()}
    if names and not {"tracecontext"} <= names <= {"tracecontext", "baggage"}:
        shown = variables["OTEL_PROPAGATORS"]
        raise ValueError(f"OTEL_PROPAGATORS is {shown!r}: kafkatrace carries tracecontext and baggage")
    return not names or "baggage" in names


def commit_traces(variables: Mapping[str, str]) -> bool:
    """Read KAFKATRACE_COMMIT_TRACES: whether a commit outside of any trace is a trace of its own."""
    return variables.get("KAFKATRACE_COMMIT_TRACES", "").strip().lower() == "true"


def _exporter(variables: Mapping[str, str], name: str) -> str:
    chosen = variables.get(name, "").strip().lower() or "otlp"
    if chosen not in _EXPORTERS:
        raise ValueError(f"{name} is {chosen!r}: kafkatrace knows {', '.join(_EXPORTERS)}; for others pass exporter=")
    return chosen


def _check_protocol(variables: Mapping[str, str], signal: str) -> None:
    for name in (f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if protocol := variables.get(name):
            if protocol != _PROTOCOL:
                raise ValueError(f"{name} is {protocol!r}: kafkatrace sends {_PROTOCOL}; for others pass exporter=")
            return
