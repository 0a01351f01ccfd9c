"""The variables that choose exporters, propagators, and what is drawn at all."""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final, TypeVar

from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, MetricExporter
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter

from kafkatrace.export.delta import Delta
from kafkatrace.export.exporters import Exporter, OtlpExporter, SdkExporter, raised
from kafkatrace.export.metric_export import MetricsExporter, OtlpMetrics, SdkMetrics
from kafkatrace.export.otlp_client import OtlpClient
from kafkatrace.export.otlp_settings import otlp_settings
from kafkatrace.export.partial_success import rejected_points, rejected_spans
from kafkatrace.spans.otlp import Identity
from kafkatrace.variables import Variables

_HTTP: Final = "http/protobuf"
_GRPC: Final = "grpc"
_NONE: Final = "none"
_OTLP: Final = "otlp"
_EXPONENTIAL: Final = "base2_exponential_bucket_histogram"
_PROTOCOLS: Final = {"otlp_proto_http": _HTTP, "otlp_proto_grpc": _GRPC}
_T = TypeVar("_T")


def enabled(variables: Variables) -> bool:
    """Read OTEL_SDK_DISABLED."""
    return not variables.boolean("OTEL_SDK_DISABLED")


def check_unsupported(variables: Variables) -> None:
    """Say that OTEL_CONFIG_FILE is not read."""
    if variables.text("OTEL_CONFIG_FILE"):
        variables.refuse("OTEL_CONFIG_FILE", "kafkatrace reads no configuration file", "the other variables")


def span_exporters(variables: Variables, service: Identity, cluster: Identity) -> list[Exporter]:
    """Read OTEL_TRACES_EXPORTER."""

    def over_otlp(protocol: str) -> Exporter:
        if protocol == _GRPC:
            return SdkExporter(_over_grpc("trace_exporter", "OTLPSpanExporter"), service, cluster)
        settings = otlp_settings(variables, "traces", instead_of_grpc=protocol != _HTTP)
        return OtlpExporter(service, cluster, OtlpClient(settings, "spans", rejected_spans))

    def named(name: str) -> Exporter:
        if name == "console":
            return SdkExporter(ConsoleSpanExporter(), service, cluster)
        return SdkExporter(_installed("opentelemetry_traces_exporter", name, SpanExporter), service, cluster)

    return _chosen(variables, "traces", over_otlp, named, ["otlp"])


def metrics_enabled(variables: Variables) -> bool:
    """Whether anybody wants metrics; with OTEL_METRICS_EXPORTER=none unsampled messages cost less."""
    return variables.names("OTEL_METRICS_EXPORTER") != [_NONE]


def metric_exporters(variables: Variables, *, beside_otlp: bool) -> list[MetricsExporter]:
    """Read OTEL_METRICS_EXPORTER; unset, metrics go over OTLP where spans do, else nowhere."""

    def over_otlp(protocol: str) -> MetricsExporter:
        if protocol == _GRPC:
            return SdkMetrics(_over_grpc("metric_exporter", "OTLPMetricExporter"))
        settings = otlp_settings(variables, "metrics", instead_of_grpc=protocol != _HTTP)
        return OtlpMetrics(OtlpClient(settings, "metrics", rejected_points), _delta(variables))

    def named(name: str) -> MetricsExporter:
        if name == "console":
            return SdkMetrics(ConsoleMetricExporter())
        return SdkMetrics(_installed("opentelemetry_metrics_exporter", name, MetricExporter))

    return _chosen(variables, "metrics", over_otlp, named, ["otlp"] if beside_otlp else [])


def exponential_histograms(variables: Variables, *, beside_otlp: bool) -> bool:
    """Read OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION, where metrics go over OTLP."""
    if _OTLP not in (variables.names("OTEL_METRICS_EXPORTER") or ([_OTLP] if beside_otlp else [])):
        return False
    known = ("explicit_bucket_histogram", _EXPONENTIAL)
    return variables.choice("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", known, known[0]) == _EXPONENTIAL


def _delta(variables: Variables) -> Delta | None:
    """Read OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE."""
    known = ("cumulative", "delta", "lowmemory")
    chosen = variables.choice("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", known, "cumulative")
    return None if chosen == "cumulative" else Delta()


def carries_baggage(variables: Variables) -> bool:
    """Read OTEL_PROPAGATORS, of which we have two; the trace context travels in any case."""
    names = variables.names("OTEL_PROPAGATORS")
    if not names:
        return True
    carries = "baggage" in names
    if not {"tracecontext"} <= set(names) <= {"tracecontext", "baggage"}:
        used = "tracecontext and baggage" if carries else "tracecontext"
        variables.refuse("OTEL_PROPAGATORS", "kafkatrace carries tracecontext and baggage", used)
    return carries


def _chosen(
    variables: Variables,
    signal: str,
    over_otlp: Callable[[str], _T],
    named: Callable[[str], _T],
    otherwise: list[str],
) -> list[_T]:
    variable = f"OTEL_{signal.upper()}_EXPORTER"
    names = variables.names(variable)
    if names == [_NONE]:
        return []
    made: dict[str, _T] = {}
    for name in [each for each in names if each != _NONE]:
        try:
            if name == "otlp" or name in _PROTOCOLS:
                made["otlp"] = _over_otlp(variables, signal, _PROTOCOLS.get(name), over_otlp)
            else:
                made[name] = named(name)
        except Exception as error:
            wrong = f"known are otlp, console, none and what is installed; {name}: {raised(error)}"
            variables.refuse(variable, wrong, "the others" if made or len(names) > 1 else "the default")
    if _NONE in names:
        variables.refuse(variable, "none cannot be one of several", "the others")
    if not made and otherwise:
        made["otlp"] = _over_otlp(variables, signal, None, over_otlp)
    return list(made.values())


def _over_otlp(variables: Variables, signal: str, given: str | None, over_otlp: Callable[[str], _T]) -> _T:
    own = f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL"
    name = own if variables.text(own) else "OTEL_EXPORTER_OTLP_PROTOCOL"
    protocol = given or variables.text(name).lower() or _HTTP
    if protocol == _HTTP:
        return over_otlp(_HTTP)
    if protocol == _GRPC:
        try:
            return over_otlp(_GRPC)
        except Exception as error:
            missing = "opentelemetry-exporter-otlp-proto-grpc is not installed"
            wrong = missing if isinstance(error, ImportError) else raised(error)
            named = f"OTEL_{signal.upper()}_EXPORTER" if given else name
            variables.refuse(named, wrong, f"{_HTTP} (of port 4317, port 4318)")
            return over_otlp("")
    variables.refuse(name, f"known are {_HTTP} and {_GRPC}", _HTTP)
    return over_otlp(_HTTP)


def _over_grpc(module: str, name: str) -> Any:
    return getattr(import_module(f"opentelemetry.exporter.otlp.proto.grpc.{module}"), name)()


def _installed(group: str, name: str, kind: type[Any]) -> Any:
    for entry_point in entry_points(group=group, name=name):
        made = entry_point.load()()
        if isinstance(made, kind):
            return made
        raise TypeError(f"it is no {kind.__name__}")
    raise LookupError("it is not installed")
