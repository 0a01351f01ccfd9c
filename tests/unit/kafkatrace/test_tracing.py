import threading
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import kafkatrace
import pytest
from confluent_kafka import Message
from kafkatrace import Consumer, Tracing
from kafkatrace.tracing import current
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from .recording import QUIET

_VARIABLES = (
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_SDK_DISABLED",
    "OTEL_TRACES_EXPORTER",
    "OTEL_METRICS_EXPORTER",
    "OTEL_PROPAGATORS",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "KAFKATRACE_CLUSTER_NAME",
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)


def process(tracing: Tracing) -> None:
    """Process a record that came from nowhere: one span of the service and one of the cluster."""
    record = Message(topic="t", partition=0, offset=0, timestamp=(1, 1000))
    with Consumer({"bootstrap.servers": "127.0.0.1:1", "group.id": "g", **QUIET}, tracing=tracing).process(record):
        pass


def both(service_name: str | None = None, **given: object) -> list[ReadableSpan]:
    """One span of the service and one of the cluster, as exported."""
    exporter = InMemorySpanExporter()
    tracing = kafkatrace.configure(service_name, exporter=exporter, **given)  # type: ignore[arg-type]
    process(tracing)
    tracing.shutdown()
    return list(exporter.get_finished_spans())


def names(spans: list[ReadableSpan]) -> list[object]:
    return [span.resource.attributes["service.name"] for span in spans]


def test_the_queue_has_a_service_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKATRACE_CLUSTER_NAME", "orders-kafka")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "orders-consumer")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "k8s.pod.name=pod-1")
    service, cluster = both()
    assert names([service, cluster]) == ["orders-consumer", "orders-kafka"]
    assert service.resource.attributes["k8s.pod.name"] == "pod-1"
    assert "k8s.pod.name" not in cluster.resource.attributes


def test_arguments_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "from-environment")
    resource = Resource({"service.name": "from-resource", "team": "billing"})
    assert names(both(resource=resource)) == ["from-resource", "kafka"]
    service, _ = both("from-argument", resource=resource)
    assert service.resource.attributes["service.name"] == "from-argument"
    assert service.resource.attributes["team"] == "billing"


def test_spans_name_their_scope_and_schema() -> None:
    scope = both()[0].instrumentation_scope
    assert scope is not None
    assert (scope.name, scope.schema_url) == ("kafkatrace", "https://opentelemetry.io/schemas/1.44.0")


def test_ratio_zero_exports_nothing_and_one_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    assert both() == []
    assert len(both(sampling_ratio=1)) == 2
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_on")
    assert both(sampling_ratio=0) == []


def test_the_environments_ratio_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0")
    assert both() == []


@pytest.mark.parametrize("ratio", [-0.1, 1.1, float("nan")])
def test_a_ratio_beyond_its_range_is_refused(ratio: float) -> None:
    with pytest.raises(ValueError, match=r"sampling_ratio is .* from 0 "):
        kafkatrace.configure(sampling_ratio=ratio, exporter=InMemorySpanExporter())


def test_the_traces_protocol_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    kafkatrace.configure().shutdown()


def test_the_latest_configuration_is_the_process_wide_one() -> None:
    tracing = kafkatrace.configure(exporter=InMemorySpanExporter())
    assert current() is tracing
    tracing.shutdown()


class Collector:
    """An OTLP/HTTP endpoint in this process."""

    def __init__(self) -> None:
        requests = self.requests = defaultdict[str, list[Any]](list)
        kinds: dict[str, Any] = {"/v1/traces": ExportTraceServiceRequest, "/v1/metrics": ExportMetricsServiceRequest}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                requests[self.path].append(kinds[self.path].FromString(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    collector = Collector()
    thread = threading.Thread(target=collector.server.serve_forever, args=(0.01,))
    thread.start()
    port = collector.server.server_address[1]
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    yield collector
    collector.server.shutdown()
    thread.join()
    collector.server.server_close()


def test_both_identities_go_out_over_one_otlp_exporter(collector: Collector) -> None:
    tracing = kafkatrace.configure("orders")
    process(tracing)
    with tracing.tracer.start_as_current_span("my own"):
        pass
    assert tracing.shutdown(10) == kafkatrace.FlushResult(exported=3, dropped=0)
    (request,) = collector.requests["/v1/traces"]
    services = {
        attribute.value.string_value
        for group in request.resource_spans
        for attribute in group.resource.attributes
        if attribute.key == "service.name"
    }
    assert services == {"orders", "kafka"}


def test_metrics_go_out_beside_the_spans(collector: Collector) -> None:
    tracing = kafkatrace.configure("orders")
    process(tracing)
    tracing.shutdown(10)
    (request,) = collector.requests["/v1/metrics"]
    (group,) = request.resource_metrics
    names = {metric.name for scope in group.scope_metrics for metric in scope.metrics}
    assert {"messaging.process.duration", "kafkatrace.since_timestamp.duration"} <= names
    assert ("service.name", "orders") in {(each.key, each.value.string_value) for each in group.resource.attributes}


def test_exporter_none_keeps_nothing_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    tracing = kafkatrace.configure()
    process(tracing)
    assert tracing.shutdown().dropped == 0


def test_with_the_collector_away_shutdown_tells_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    tracing = kafkatrace.configure("orders")
    tracing.tracer.start_span("lost").end()
    assert tracing.shutdown(0.1) == kafkatrace.FlushResult(exported=0, dropped=1)
    assert tracing.shutdown(30) == kafkatrace.FlushResult(exported=0, dropped=1)
