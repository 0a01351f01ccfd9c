"""What Strimzi writes into the status of its resources, and how."""

import json
from datetime import UTC, datetime
from typing import Any

from tests.e2e import kube
from tests.e2e.strimzi import broker

Object = dict[str, Any]
_VERSIONS = ("4.2.0", "4.2.1", "4.3.0", "4.3.1")
_ONE_EPHEMERAL_NODE = (("broker", "topic messages"), ("controller", "data"))
_CLUSTER = "strimzi.io/cluster"
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
    """A Kafka cluster's; topics and users have Ready=False instead."""
    return {"type": "NotReady", "status": "True", "reason": reason, "message": message}


def refused_version(kafka: Object) -> Object | None:
    """What is said of a Kafka cluster of a version that this Strimzi does not know."""
    wanted = kafka["spec"]["kafka"].get("version")
    if wanted is None or wanted in _VERSIONS:
        return None
    message = f"Unsupported Kafka.spec.kafka.version: {wanted}. Supported versions are: [{', '.join(_VERSIONS)}]"
    return not_ready("UnsupportedKafkaVersionException", message)


def failed(reason: str, message: str) -> Object:
    return {"type": "Ready", "status": "False", "reason": reason, "message": message}


def creating() -> Object:
    return {"conditions": [not_ready("Creating", "Kafka cluster is being deployed")], "observedGeneration": 0}


def ready_kafka(kafka: Object, pools: list[Object], ca: str) -> Object:
    name = kafka["metadata"]["name"]
    of_cluster = [pool for pool in pools if pool["metadata"].get("labels", {}).get(_CLUSTER) == name]
    return {
        "clusterId": CLUSTER_ID,
        "clusterSecurity": {"authentication": {"type": "strimzi-mtls"}, "encryption": {"type": "strimzi-tls"}},
        "conditions": [*_warnings(of_cluster), true("Ready")],
        "kafkaMetadataVersion": "4.3-IV0",
        "kafkaNodePools": [{"name": pool["metadata"]["name"]} for pool in of_cluster],
        "kafkaVersion": "4.3.0",
        "listeners": [_listener(kafka, one, ca) for one in kafka["spec"]["kafka"]["listeners"]],
        "operatorLastSuccessfulVersion": "1.2.0",
    }


def _warnings(pools: list[Object]) -> list[Object]:
    ephemeral = any(pool["spec"]["storage"]["type"] == "ephemeral" for pool in pools)
    return [_warning(*words) for words in _ONE_EPHEMERAL_NODE] if ephemeral else []


def _warning(what: str, loses: str) -> Object:
    message = f"A Kafka cluster with a single {what} node and ephemeral storage will lose {loses} after any restart"
    return {"type": "Warning", "status": "True", "reason": "KafkaStorage", "message": f"{message} or rolling update."}


def node_pool(pool: Object) -> Object:
    """A pool's: it never says that it is ready."""
    name, cluster = pool["metadata"]["name"], pool["metadata"]["labels"][_CLUSTER]
    labels = f"{_CLUSTER}={cluster},strimzi.io/name={cluster}-kafka,strimzi.io/kind=Kafka,strimzi.io/pool-name={name}"
    spec = pool["spec"]
    nodes = list(range(spec["replicas"]))
    more = {"replicas": spec["replicas"], "roles": spec["roles"]}
    return {"clusterId": CLUSTER_ID, "conditions": [], "labelSelector": labels, "nodeIds": nodes, **more}


def unmanaged(topic: Object, topics: list[Object]) -> Object | None:
    """What is said of a topic that Strimzi is not to touch, or that another resource has already."""
    if (topic["metadata"].get("annotations") or {}).get("strimzi.io/managed") == "false":
        return {"conditions": [true("Unmanaged")]}
    older = [one for one in topics if _name(one) == _name(topic) and _age(one) < _age(topic)]
    if not older:
        return None
    first = min(older, key=_age)["metadata"]
    words = f"Managed by Ref{{namespace='{first['namespace']}', name='{first['name']}'}}"
    return {"topicName": _name(topic), "conditions": [failed("ResourceConflict", words)]}


def _name(topic: Object) -> str:
    return str(topic["spec"].get("topicName") or topic["metadata"]["name"])


def _age(o: Object) -> tuple[str, str]:
    return o["metadata"]["creationTimestamp"], o["metadata"]["name"]


def _listener(kafka: Object, listener: Object, ca: str) -> Object:
    host, port = broker.host(kafka), listener["port"]
    found: Object = {
        "name": listener["name"],
        "addresses": [{"host": host, "port": port}],
        "bootstrapServers": f"{host}:{port}",
    }
    return found | ({"certificates": [ca]} if listener["tls"] else {})
