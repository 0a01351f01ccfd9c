"""What Strimzi writes into the status of its resources, and how."""

import json
from datetime import UTC, datetime
from typing import Any

from tests.e2e import kube
from tests.e2e.strimzi import broker

Object = dict[str, Any]
CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"


def write(o: Object, status: Object) -> None:
    """Replace the status where anything but the time differs."""
    status = {**status, "observedGeneration": status.get("observedGeneration", o["metadata"]["generation"])}
    if _timeless(o.get("status") or {}) == _timeless(status):
        return
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f789Z")
    for condition in status["conditions"]:
        condition["lastTransitionTime"] = now
    kind, metadata = o["kind"].lower(), o["metadata"]
    patch = json.dumps([{"op": "add", "path": "/status", "value": status}])
    where = ("-n", metadata["namespace"], "--subresource=status", "--type=json")
    kube.kubectl("patch", kind, metadata["name"], *where, "--patch", patch)


def _timeless(status: Object) -> Object:
    conditions = [
        {key: value for key, value in condition.items() if key != "lastTransitionTime"}
        for condition in status.get("conditions", ())
    ]
    return {**status, "conditions": conditions}


def true(kind: str) -> Object:
    return {"type": kind, "status": "True"}


def not_ready(reason: str, message: str) -> Object:
    """A Kafka's; topics and users have Ready=False instead."""
    return {"type": "NotReady", "status": "True", "reason": reason, "message": message}


def failed(reason: str, message: str) -> Object:
    return {"type": "Ready", "status": "False", "reason": reason, "message": message}


def creating() -> Object:
    return {"conditions": [not_ready("Creating", "Kafka cluster is being deployed")], "observedGeneration": 0}


def ready_kafka(kafka: Object, ca: str) -> Object:
    warning = {
        "type": "Warning",
        "status": "True",
        "reason": "KafkaStorage",
        "message": "A Kafka cluster with a single controller node can lose its metadata",
    }
    return {
        "clusterId": CLUSTER_ID,
        "conditions": [warning, true("Ready")],
        "listeners": [_listener(kafka, one, ca) for one in kafka["spec"]["kafka"]["listeners"]],
        "kafkaVersion": "4.3.0",
        "operatorLastSuccessfulVersion": "1.2.0",
    }


def _listener(kafka: Object, listener: Object, ca: str) -> Object:
    host, port = broker.host(kafka), listener["port"]
    found: Object = {
        "name": listener["name"],
        "addresses": [{"host": host, "port": port}],
        "bootstrapServers": f"{host}:{port}",
    }
    return found | ({"certificates": [ca]} if listener["tls"] else {})
