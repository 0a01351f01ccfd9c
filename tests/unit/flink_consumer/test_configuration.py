from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from traced_flink_consumer import configuration
from tracedpipeline.desired import flink_tls

DISTRIBUTION = """
env:
  java:
    opts: {all: --add-opens=java.base/java.lang=ALL-UNNAMED}
taskmanager:
  host: localhost
  memory: {process: {size: 1728m}}
"""
STATE = Path("/state")


def made(**variables: str) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = yaml.safe_load(configuration.of_cluster(DISTRIBUTION, variables, STATE))
    return properties


def test_the_distributions_ours_and_the_users() -> None:
    properties = made(FLINK_PROPERTIES="taskmanager.memory.process.size: 2g\nrest: {port: 1}")
    assert properties["env.java.opts.all"] == "--add-opens=java.base/java.lang=ALL-UNNAMED"
    assert properties["taskmanager.memory.process.size"] == "2g"
    assert properties["rest.port"] == 1
    assert properties["jobmanager.rpc.port"] == 6123
    assert properties["execution.checkpointing.dir"] == "file:///state/checkpoints"


def test_a_task_manager_has_an_address_of_its_own() -> None:
    assert "taskmanager.host" not in made()
    assert made(FLINK_JOBMANAGER_ADDRESS="orders-consumer")["jobmanager.rpc.address"] == "orders-consumer"


def test_processes_know_each_other_by_the_key_in_the_store_as_with_flinks_own_operator() -> None:
    properties = made(FLINK_TLS_STORE=flink_tls.STORE_FILE)
    found = {key: value for key, value in properties.items() if key.startswith("security.")}
    assert found == {key: yaml.safe_load(value) for key, value in flink_tls.configuration().items()}
    assert not any(key.startswith("security.") for key in made())


def test_flinks_own_spans_go_where_ours_go() -> None:
    properties = made(OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4318/", OTEL_SERVICE_NAME="orders")
    assert properties["traces.reporter.otel.exporter.endpoint"] == "http://collector:4318/v1/traces"
    assert properties["metrics.reporter.otel.exporter.endpoint"] == "http://collector:4318/v1/metrics"
    assert properties["traces.reporter.otel.service.name"] == "orders"


@pytest.mark.parametrize(
    ("variables", "signals"),
    [
        ({}, {"traces", "metrics"}),
        ({"OTEL_METRICS_EXPORTER": "none"}, {"traces"}),
        ({"OTEL_TRACES_EXPORTER": "console"}, {"metrics"}),
        ({"OTEL_SDK_DISABLED": "true"}, set()),
    ],
)
def test_what_is_switched_off_stays_at_home(variables: Mapping[str, str], signals: set[str]) -> None:
    properties = made(**variables)
    assert {signal for signal in ("traces", "metrics") if f"{signal}.reporters" in properties} == signals


def test_an_endpoint_of_a_signal_is_taken_as_it_stands() -> None:
    properties = made(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://other/traces")
    assert properties["traces.reporter.otel.exporter.endpoint"] == "http://other/traces"


@pytest.mark.parametrize("text", ["just words", "a: b: c", "- a list"])
def test_properties_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="FLINK_PROPERTIES"):
        made(FLINK_PROPERTIES=text)
