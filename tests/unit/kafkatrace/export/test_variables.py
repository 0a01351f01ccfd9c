"""No environment variable stops an application: each that cannot be followed is named with what is used instead."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final
from unittest.mock import patch

import kafkatrace
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kafkatrace import FlushResult
from kafkatrace.export.otlp_settings import otlp_settings
from kafkatrace.variables import Variables
from opentelemetry.exporter.otlp.common.http import Compression
from opentelemetry.sdk import environment_variables
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.unit.kafkatrace.recording import QUIET

_OURS: Final = (
    "KAFKATRACE_CLUSTER_NAME",
    "KAFKATRACE_COMMIT_TRACES",
    "KAFKATRACE_EXCLUDE_TOPICS",
    "KAFKATRACE_KEEP_ERRORS",
    "KAFKATRACE_KEEP_SLOWER_THAN",
    "KAFKATRACE_MESSAGE_KEYS",
    "OTEL_PROPAGATORS",
    "OTEL_TRACES_EXPORTER",
)
_PYTHONS: Final = (
    "OTEL_METRICS_EXPORTER",
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER",
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_TRACES_CREDENTIAL_PROVIDER",
    "OTEL_PYTHON_METER_PROVIDER",
    "OTEL_PYTHON_TRACER_PROVIDER",
)
_KNOWN: Final = sorted({name for name in vars(environment_variables) if name.startswith("OTEL_")} | {*_OURS, *_PYTHONS})
_ODD: Final = (
    *("0", "-1", "1e999", "nan", "٣", "9" * 20, "true", "TRUE", "yes", "none", "none,otlp", "otlp,console", "grpc"),
    *("http/json", "b3", "b3,baggage", "xray", "jaeger_remote", "delta", "::", "http://", "https://[", "a=b", "=,=,"),
    *("http://x:99999", "http://user:secret@x", "collector:4317", "%", "/no/such/file", "gzip", "brotli", "*", "{}"),
    *("", " ", "\udcff", "a\nb", "a=\nb", " GZIP ", ",,,", "unset"),
)
_HOSTILE: Final = st.one_of(
    st.sampled_from(_ODD),
    st.text(st.characters(exclude_characters="\0"), max_size=30),
)


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    for name in _KNOWN:
        monkeypatch.delenv(name, raising=False)
    yield monkeypatch


def warned(caplog: pytest.LogCaptureFixture, name: str) -> list[str]:
    return [record.message for record in caplog.records if record.message.startswith(f"{name} is ")]


@pytest.mark.usefixtures("clean")
@patch("requests.Session.request", side_effect=ValueError("no network"))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(variables=st.dictionaries(st.sampled_from(_KNOWN), _HOSTILE, max_size=6))
def test_no_variable_raises(_network: object, variables: dict[str, str]) -> None:
    given_bytes = {name: value.encode("utf-8", "surrogatepass") for name, value in variables.items()}
    with patch.dict(os.environ, {name: os.fsdecode(value) for name, value in given_bytes.items()}):
        tracing = kafkatrace.configure()
        with kafkatrace.Producer({"bootstrap.servers": "127.0.0.1:1", **QUIET}, tracing=tracing) as producer:
            producer.produce("t", b"v")
            producer.purge()
            producer.flush(5)
        tracing.collect_metrics()
        tracing.shutdown(30)


_NOT_FOLLOWED: Final = [
    ("OTEL_TRACES_EXPORTER", "zipkin", "the default"),
    ("OTEL_TRACES_EXPORTER", "console,zipkin", "the others"),
    ("OTEL_TRACES_EXPORTER", "none,console", "the others"),
    ("OTEL_METRICS_EXPORTER", "prometheus", "the default"),
    ("OTEL_PROPAGATORS", "b3,baggage", "tracecontext and baggage"),
    ("OTEL_PROPAGATORS", "jaeger", "tracecontext"),
    ("OTEL_PROPAGATORS", "none", "tracecontext"),
    ("OTEL_TRACES_SAMPLER", "jaeger_remote", "parentbased_always_on"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"),
    ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json", "http/protobuf"),
    ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "grpc", "http/protobuf"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "http://collector:4318"),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://x", "http://localhost:4318"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://x:port", "http://localhost:4318"),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "-1", "10"),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon", "10"),
    ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "0", "10"),
    ("OTEL_EXPORTER_OTLP_COMPRESSION", "brotli", "none"),
    ("OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER", "mine", "no credential provider"),
    ("OTEL_BSP_MAX_QUEUE_SIZE", "9" * 5000, "65536"),
    ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "many", "128"),
    ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "-3", "no limit"),
    ("OTEL_RESOURCE_ATTRIBUTES", "a=b,c", "what is of that form"),
    ("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "mine", "the others"),
    ("OTEL_CONFIG_FILE", "/otel.yaml", "the other variables"),
    ("OTEL_SDK_DISABLED", "perhaps", "false"),
    ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "sometimes", "cumulative"),
    ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "drop", "explicit_bucket_histogram"),
    ("KAFKATRACE_COMMIT_TRACES", "yes", "false"),
]


@pytest.mark.parametrize(("name", "value", "used"), _NOT_FOLLOWED)
def test_what_cannot_be_followed_is_named_once_with_what_is_used_instead(
    clean: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, value: str, used: str
) -> None:
    clean.setenv(name, value)
    kafkatrace.configure().shutdown(0)
    (line,) = warned(caplog, name)
    assert f"using {used}" in line
    assert line.endswith("instead")


def test_disabled_nothing_is_looked_at(clean: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    for name, value, _ in _NOT_FOLLOWED:
        clean.setenv(name, value)
    clean.setenv("OTEL_SDK_DISABLED", "true")
    assert kafkatrace.configure().shutdown() == FlushResult(0, 0)
    assert caplog.messages == []


def test_what_an_exporter_does_not_use_is_not_looked_at(
    clean: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value, _ in _NOT_FOLLOWED:
        if "OTLP" in name or "TRACES_EXPORTER" in name:
            clean.setenv(name, value)
    kafkatrace.configure(exporter=InMemorySpanExporter()).shutdown()
    assert caplog.messages == []


def test_secrets_are_not_in_the_log(clean: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    clean.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key:geheim")
    clean.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://user:geheim@collector")
    kafkatrace.configure().shutdown(0)
    assert warned(caplog, "OTEL_EXPORTER_OTLP_HEADERS")
    assert warned(caplog, "OTEL_EXPORTER_OTLP_ENDPOINT")
    assert "geheim" not in caplog.text


def test_settings_of_otlp() -> None:
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector/otlp/",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://metrics:9/mine",
        "OTEL_EXPORTER_OTLP_HEADERS": "API-Key=a%20b, no header",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "2.5",
        "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": " GZip",
        "OTEL_EXPORTER_OTLP_CERTIFICATE": __file__,
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": __file__,
        "OTEL_EXPORTER_OTLP_CLIENT_KEY": __file__,
    }
    spans, metrics = (otlp_settings(Variables(variables), signal) for signal in ("traces", "metrics"))
    assert (spans.endpoint, metrics.endpoint) == ("https://collector/otlp/v1/traces", "http://metrics:9/mine")
    assert spans.headers["api-key"] == "a b"
    assert spans.timeout == 2.5
    assert (spans.compression, metrics.compression) == (Compression.GZIP, Compression.NONE)
    assert (spans.verify, spans.cert) == (__file__, (__file__, __file__))
    assert (metrics.verify, metrics.cert) == (True, None), "no TLS, no certificates"


def test_where_grpc_cannot_be_used_its_port_becomes_that_of_http() -> None:
    variables = Variables({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4317"})
    assert otlp_settings(variables, "traces").endpoint == "http://collector:4317/v1/traces"
    assert otlp_settings(variables, "traces", instead_of_grpc=True).endpoint == "http://collector:4318/v1/traces"


@pytest.mark.parametrize("limit", ["many", "-1", "1.5"])
def test_importing_raises_no_more_than_configuring(limit: str) -> None:
    code = "import os, kafkatrace; kafkatrace.configure(); print(os.environ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT'])"
    variables = {**os.environ, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": limit, "OTEL_TRACES_EXPORTER": "none"}
    variables["OTEL_METRICS_EXPORTER"] = "none"
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{limit}\n"), done.stderr
    assert f"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT is '{limit}'" in done.stderr


@pytest.mark.parametrize(
    "given",
    [
        {"service_name": 1},
        {"service_name": b"orders"},
        {"exporter": InMemorySpanExporter},
        {"exporter": "console"},
        {"exporter": [InMemorySpanExporter()]},
        {"exporter": object()},
        {"exporter": 0},
        {"resource": {}},
        {"resource": {"service.name": "orders"}},
        {"sampling_ratio": "0.5"},
        {"sampling_ratio": True},
    ],
)
def test_wrong_arguments_are_type_errors_in_words(given: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=rf"^{next(iter(given))} is .*: give a"):
        kafkatrace.configure(**given)


@pytest.mark.parametrize("wrong", [0, "", "orders", {}, InMemorySpanExporter(), kafkatrace.Tracing])
def test_a_tracing_that_is_none_is_refused_by_every_client(wrong: Any) -> None:
    conf: dict[str, Any] = {"bootstrap.servers": "127.0.0.1:1", "group.id": "g", **QUIET}
    sending = {"bootstrap.servers": "127.0.0.1:1", **QUIET}
    for make in (
        lambda: kafkatrace.Producer(sending, tracing=wrong),
        lambda: kafkatrace.SerializingProducer(sending, tracing=wrong),
        lambda: kafkatrace.AIOProducer(sending, tracing=wrong),
        lambda: kafkatrace.Consumer(conf, tracing=wrong),
        lambda: kafkatrace.DeserializingConsumer(conf, tracing=wrong),
        lambda: kafkatrace.AIOConsumer(conf, tracing=wrong),
        lambda: kafkatrace.RecordReceiver(conf, tracing=wrong),
        lambda: kafkatrace.Stage("totals", tracing=wrong),
    ):
        with pytest.raises(TypeError, match=r"^tracing is .*configure"):
            make()


def test_the_version_is_told() -> None:
    assert kafkatrace.__version__ == "0.1.0"
