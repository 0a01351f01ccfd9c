"""A process of `tracedpipeline up` has its pod's environment, except for addresses and paths."""

import re
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from tracedpipeline import desired
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka.connection import KafkaConnection, alike, from_spec
from tracedpipeline.kafka.strimzi import Access
from tracedpipeline.local import container
from tracedpipeline.local.programs import METRICS, Machine, Program, programs
from tracedpipeline.settings import Settings

from tests.unit.operator.conftest import body

ADDRESSES = {
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "HEALTH_HOST",
    "HEALTH_PORT",
    "POD_NAME",
    "NODE_NAME",
    "NODE_IP",
    "OTEL_RESOURCE_ATTRIBUTES",
}
COLLECTOR = "http://127.0.0.1:4000"
SECURITY = {"protocol": "SASL_SSL", "mechanism": "PLAIN", "credentialsSecret": "login", "caSecret": "ca"}


def machine() -> Machine:
    ports = count(5000)
    return Machine("laptop", COLLECTOR, "/home/me/secrets", lambda name, key: f"{name}/{key}", lambda: next(ports))


def rendered(pipeline: TracedPipeline, settings: Settings, connection: KafkaConnection | None = None) -> list[Any]:
    access = Access(None, clients=alike(connection or from_spec(pipeline.spec)))
    return desired.build(pipeline, access, settings)


def pod_of(objects: list[Any], component: str) -> Any:
    (found,) = (o for o in objects if o["kind"] == "Deployment" and o["metadata"]["name"] == f"orders-{component}")
    return found["spec"]["template"]["spec"]


def in_cluster(objects: list[Any], component: str) -> dict[str, str]:
    """The environment that the kubelet gives to the container."""
    fields = {"metadata.name": f"orders-{component}-abc", "spec.nodeName": "node", "status.hostIP": "10.0.0.1"}
    return container.environment(
        container.variables(pod_of(objects, component)), fields, lambda name, key: f"{name}/{key}"
    )


def by_component(found: list[Program]) -> dict[str, Program]:
    return {program.component: program for program in found}


@pytest.mark.parametrize("component", ["producer", "consumer"])
@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"tracing": {"samplingRatio": 0.25}, "kafka": {"bootstrapServers": "k:1", "topic": {"name": "a.b"}}},
        {"producer": {"env": [{"name": "LOG_LEVEL", "value": "DEBUG"}], "ratePerSecond": 0.5}},
        {"consumer": {"env": [{"name": "A", "value": "$(POD_NAME) $$(B) $(NOT_THERE)"}]}},
        {"consumer": {"env": [{"name": "B", "valueFrom": {"secretKeyRef": {"name": "partner", "key": "token"}}}]}},
        {"kafka": {"bootstrapServers": "k:1", "security": SECURITY}},
    ],
)
def test_the_environment_is_the_pods(settings: Settings, component: str, spec: dict[str, Any]) -> None:
    pipeline = TracedPipeline.parse(body(**{"kafka": {"bootstrapServers": "k:1"}, **spec}))
    objects = rendered(pipeline, settings)
    pod, process = in_cluster(objects, component), by_component(programs(pipeline, objects, machine()))[component]
    differ = {name for name in pod | dict(process.variables) if pod.get(name) != process.variables.get(name)}
    paths = {name for name, value in pod.items() if value.startswith("/etc/kafka/")}
    refers = {"A"} & differ  # to the name of the pod
    assert differ == ADDRESSES | paths | set(METRICS) | refers


def test_the_pods_own_fields_are_this_machines(pipeline: TracedPipeline, settings: Settings) -> None:
    producer = by_component(programs(pipeline, rendered(pipeline, settings), machine()))["producer"]
    assert (producer.name, producer.grace_seconds) == ("orders-producer-0", 30)
    assert producer.variables["OTEL_EXPORTER_OTLP_ENDPOINT"] == COLLECTOR
    assert producer.variables["OTEL_RESOURCE_ATTRIBUTES"] == (
        "host.name=laptop,ip=127.0.0.1,k8s.namespace.name=shop,k8s.pod.name=orders-producer-0,"
        "tracedpipeline.name=orders"
    )


def test_files_of_secrets_are_in_the_folder_of_that_name(settings: Settings) -> None:
    pipeline = TracedPipeline.parse(body(kafka={"bootstrapServers": "k:1", "security": SECURITY}))
    consumer = by_component(programs(pipeline, rendered(pipeline, settings), machine()))["consumer"]
    assert consumer.variables["KAFKA_SASL_CREDENTIALS_DIR"] == "/home/me/secrets/login"
    assert consumer.variables["KAFKA_SSL_CA_FILE"] == "/home/me/secrets/ca/ca.crt"


def test_another_kafka_cluster_is_another_connection(pipeline: TracedPipeline, settings: Settings) -> None:
    objects = rendered(pipeline, settings, KafkaConnection("127.0.0.1:9"))
    found = programs(pipeline, objects, machine())
    assert {program.variables["KAFKA_BOOTSTRAP_SERVERS"] for program in found} == {"127.0.0.1:9"}


def test_there_is_one_for_each_replica_with_a_port_of_its_own(settings: Settings) -> None:
    pipeline = TracedPipeline.parse(body(producer={"replicas": 2}, consumer={"replicas": 3}))
    found = programs(pipeline, rendered(pipeline, settings), machine())
    assert [program.name for program in found] == [
        *("orders-producer-0", "orders-producer-1"),
        *("orders-consumer-0", "orders-consumer-1", "orders-consumer-2"),
    ]
    assert len({program.variables["HEALTH_PORT"] for program in found}) == 5


def test_none_where_there_are_no_replicas(settings: Settings) -> None:
    pipeline = TracedPipeline.parse(body(producer={"replicas": 0}))
    assert list(by_component(programs(pipeline, rendered(pipeline, settings), machine()))) == ["consumer"]


def test_the_specs_own_collector_and_metrics_stay(settings: Settings) -> None:
    own = [
        {"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "http://mine:4318"},
        {"name": "OTEL_METRICS_EXPORTER", "value": "none"},
    ]
    pipeline = TracedPipeline.parse(body(producer={"env": own}, consumer={"env": own[1:]}))
    found = by_component(programs(pipeline, rendered(pipeline, settings), machine()))
    assert found["producer"].variables["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://mine:4318"
    assert "OTEL_METRIC_EXPORT_INTERVAL" not in found["producer"].variables
    assert {found[each].variables["OTEL_METRICS_EXPORTER"] for each in found} == {"none"}


def test_what_refers_to_an_address_gets_this_machines(settings: Settings) -> None:
    traces = {"name": "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "value": "$(OTEL_EXPORTER_OTLP_ENDPOINT)/v1/traces"}
    pipeline = TracedPipeline.parse(body(consumer={"env": [traces]}))
    consumer = by_component(programs(pipeline, rendered(pipeline, settings), machine()))["consumer"]
    assert consumer.variables[traces["name"]] == f"{COLLECTOR}/v1/traces"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(A)", "1"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$(LATER)", "$(LATER)"),
        ("$(A", "$(A"),
        ("$A ${A} 5$", "$A ${A} 5$"),
        ("$()", "$()"),
        ("$(A)$(A)", "11"),
    ],
)
def test_references_are_replaced_as_kubernetes_does(text: str, expected: str) -> None:
    given = [{"name": "A", "value": "1"}, {"name": "B", "value": text}, {"name": "LATER", "value": "2"}]
    assert container.environment(given, {}, lambda name, key: "")["B"] == expected


def test_no_file_of_the_pod_is_left_in_the_environment(settings: Settings) -> None:
    pipeline = TracedPipeline.parse(body(kafka={"bootstrapServers": "k:1", "security": SECURITY}))
    for program in programs(pipeline, rendered(pipeline, settings), replace(machine(), files="/s")):
        assert not [value for value in program.variables.values() if re.match("/etc/", value)]
