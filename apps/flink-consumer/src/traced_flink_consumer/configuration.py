"""Flink's configuration for a standalone cluster: the distribution's, ours, and the user's FLINK_PROPERTIES."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from traced_flink_consumer.snapshots import CHECKPOINTS, SAVEPOINTS

Properties = dict[str, Any]
_REPORTERS: Final = {
    "traces": "org.apache.flink.traces.otel.OpenTelemetryTraceReporterFactory",
    "metrics": "org.apache.flink.metrics.otel.OpenTelemetryMetricReporterFactory",
}
_PORTS: Final = {
    "jobmanager.rpc.port": 6123,
    "blob.server.port": 6124,
    "rest.port": 8081,
    "taskmanager.rpc.port": 6122,
    "taskmanager.data.port": 6121,
}
_STORE_PASSWORD: Final = "changeit"  # noqa: S105 - what keeps the key is who may read its Secret


def of_cluster(distribution: str, variables: Mapping[str, str], state: Path) -> str:
    """Make config.yaml from the distribution's own; ValueError for FLINK_PROPERTIES that are no such lines."""
    properties = _flat(yaml.safe_load(distribution))
    properties.pop("taskmanager.host", None)  # localhost: each has an address of its own
    properties |= _ours(variables.get("FLINK_JOBMANAGER_ADDRESS") or "localhost", state)
    properties |= reporters(variables)
    properties |= _tls(variables.get("FLINK_TLS_STORE"))
    properties |= _flat(_read(variables.get("FLINK_PROPERTIES", "")))
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in sorted(properties.items()))


def reporters(variables: Mapping[str, str]) -> Properties:
    """Send Flink's own spans (checkpoints, recoveries) and metrics where kafkatrace sends its own."""
    if variables.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return {}
    properties: Properties = {}
    for signal, factory in _REPORTERS.items():
        if variables.get(f"OTEL_{signal.upper()}_EXPORTER") not in (None, "", "otlp"):
            continue
        reporter = f"{signal}.reporter.otel"
        properties |= {
            f"{signal}.reporters": "otel",
            f"{reporter}.factory.class": factory,
            f"{reporter}.exporter.endpoint": _endpoint(variables, signal),
            f"{reporter}.exporter.protocol": "HTTP",
            f"{reporter}.service.name": variables.get("OTEL_SERVICE_NAME") or "flink",
        }
    return properties


def _ours(address: str, state: Path) -> Properties:
    return {
        **_PORTS,
        "jobmanager.rpc.address": address,
        "rest.address": address,
        "jobmanager.bind-host": "0.0.0.0",  # noqa: S104 - of a pod, whose network policy says who may come
        "rest.bind-address": "0.0.0.0",  # noqa: S104 - likewise
        "taskmanager.bind-host": "0.0.0.0",  # noqa: S104 - likewise
        # After a stop the JobManager waits as long for a question about its outcome; the default is 5 minutes.
        "rest.async.store-duration": "10 s",
        "taskmanager.numberOfTaskSlots": 1,
        "jobmanager.memory.process.size": "1024m",
        "taskmanager.memory.process.size": "1400m",
        "execution.checkpointing.dir": f"file://{state / CHECKPOINTS}",
        "execution.checkpointing.savepoint-dir": f"file://{state / SAVEPOINTS}",
    }


def _tls(store: str | None) -> Properties:
    """Have the processes know each other by the one key in the store, whose password is Java's usual one."""
    if not store:
        return {}
    internal = "security.ssl.internal"
    return {
        f"{internal}.enabled": True,
        **{f"{internal}.{kind}": store for kind in ("keystore", "truststore")},
        **{f"{internal}.{kind}-password": _STORE_PASSWORD for kind in ("keystore", "key", "truststore")},
    }


def _endpoint(variables: Mapping[str, str], signal: str) -> str:
    if own := variables.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT"):
        return own
    base = variables.get("OTEL_EXPORTER_OTLP_ENDPOINT") or "http://localhost:4318"
    return f"{base.rstrip('/')}/v1/{signal}"


def _read(text: str) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"FLINK_PROPERTIES: not YAML: {error}") from error


def _flat(node: object, above: str = "") -> Properties:
    """Return nested keys under their full names, as Flink's documentation spells them."""
    if node is None and not above:
        return {}
    if not isinstance(node, dict):
        if not above:
            raise ValueError(f"FLINK_PROPERTIES: expected lines like `key: value`, found {str(node)[:80]!r}")
        return {above: node}
    flat: Properties = {}
    for key, value in node.items():
        flat |= _flat(value, f"{above}.{key}" if above else str(key))
    return flat
