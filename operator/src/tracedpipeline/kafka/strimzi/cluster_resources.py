"""A Kafka cluster of the pipeline's own, for Strimzi to run (kafka.strimzi.io/v1)."""

from typing import Any

from tracedpipeline.api import ClusterStorage, KafkaCluster, TracedPipeline
from tracedpipeline.api.quantities import canonical
from tracedpipeline.kafka.strimzi.metadata import goes_with, kept, of_cluster
from tracedpipeline.kubernetes_api import containers
from tracedpipeline.kubernetes_api.kinds import type_meta

LISTENER = {"name": "tls", "port": 9093, "type": "internal", "tls": True, "authentication": {"type": "tls"}}
# A quorum that survives the loss of one.
CONTROLLERS = 3
MOST_COPIES = 3


def kafka(pipeline: TracedPipeline, cluster: KafkaCluster) -> dict[str, Any]:
    """Return the cluster: one listener with TLS on both sides, access by rules, copies as the brokers allow."""
    broker: dict[str, Any] = {
        "listeners": [LISTENER],
        "authorization": {"type": "simple"},
        "config": durability(cluster.replicas or 1),
    }
    if cluster.version:
        broker["version"] = cluster.version
    return {
        **type_meta("Kafka"),
        "metadata": kept(pipeline, cluster.name),
        "spec": {"kafka": broker, "entityOperator": _entity_operator(pipeline)},
    }


def durability(brokers: int) -> dict[str, int]:
    """Return how many copies there are, and how many must be written before a message counts as sent."""
    copies = min(brokers, MOST_COPIES)
    in_sync = max(copies - 1, 1)
    return {
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
    }


def _entity_operator(pipeline: TracedPipeline) -> dict[str, Any]:
    operators: dict[str, Any] = {"topicOperator": {}, "userOperator": {}}
    if goes_with(pipeline):
        # Topics and their operator are deleted together; a finalizer would be left to nobody.
        variable = {"name": "STRIMZI_USE_FINALIZERS", "value": "false"}
        operators["template"] = {"topicOperatorContainer": {"env": [variable]}}
    return operators


def node_pools(pipeline: TracedPipeline, cluster: KafkaCluster) -> list[dict[str, Any]]:
    """Return its nodes: a single one that does both, or brokers and a quorum of controllers."""
    if cluster.replicas in (None, 1):
        return [_pool(pipeline, cluster, "dual-role", 1, ["controller", "broker"])]
    return [
        _pool(pipeline, cluster, "controllers", CONTROLLERS, ["controller"]),
        _pool(pipeline, cluster, "brokers", cluster.replicas or 1, ["broker"]),
    ]


def _pool(pipeline: TracedPipeline, cluster: KafkaCluster, name: str, nodes: int, roles: list[str]) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "replicas": nodes,
        "roles": roles,
        "storage": _storage(cluster.storage or ClusterStorage(), deletes=goes_with(pipeline)),
    }
    if cluster.resources and (resources := containers.given_resources(cluster.resources)):
        spec["resources"] = resources
    metadata = kept(pipeline, f"{cluster.name}-{name}", of_cluster(cluster.name))
    return {**type_meta("KafkaNodePool"), "metadata": metadata, "spec": spec}


def _storage(storage: ClusterStorage, *, deletes: bool) -> dict[str, Any]:
    if storage.type == "ephemeral" or storage.size is None:
        return {"type": "ephemeral"}
    given = {"class": storage.storage_class_name} if storage.storage_class_name else {}
    return {"type": "persistent-claim", "size": canonical(storage.size), "deleteClaim": deletes, **given}
