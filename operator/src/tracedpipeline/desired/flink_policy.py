"""Who may connect to Flink's processes: they to each other, and the operators to the REST API."""

from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kubernetes_api import objects
from tracedpipeline.kubernetes_api.kinds import type_meta
from tracedpipeline.settings import Pods, Settings

Object = dict[str, Any]

# As the Flink Kubernetes Operator's chart labels its pod; nothing tells in which namespace that is.
FLINK_OPERATOR: Object = {
    "namespaceSelector": {},
    "podSelector": {"matchLabels": {naming.NAME: "flink-kubernetes-operator"}},
}


def network_policy(pipeline: TracedPipeline, settings: Settings, *, flink_operator: bool) -> Object:
    """Return the policy of JobManager and TaskManagers, which have all ports open to each other and no other to anyone.

    The kubelet's probes come from the node, which every policy lets in.
    """
    operators = [_pods(settings.operator)] if settings.operator else []
    operators += [FLINK_OPERATOR] if flink_operator else []
    rest = {"from": operators, "ports": [{"protocol": "TCP", "port": naming.FLINK_REST_PORT}]}
    return {
        **type_meta("NetworkPolicy"),
        "metadata": objects.metadata(pipeline, naming.CONSUMER, naming.flink_policy(pipeline.name)),
        "spec": {
            "podSelector": _processes(pipeline),
            "policyTypes": ["Ingress"],
            # A rule without a sender would let everybody in.
            "ingress": [{"from": [{"podSelector": _processes(pipeline)}]}, *([rest] if operators else [])],
        },
    }


def _processes(pipeline: TracedPipeline) -> Object:
    # In native mode TaskManagers choose their data port themselves, so that no list of ports would do.
    roles = {"key": naming.NAME, "operator": "In", "values": [naming.JOB_MANAGER, naming.TASK_MANAGER]}
    labels = {naming.INSTANCE: pipeline.name, "app.kubernetes.io/part-of": naming.PART_OF}
    return {"matchLabels": labels, "matchExpressions": [roles]}


def _pods(pods: Pods) -> Object:
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": pods.namespace}},
        "podSelector": {"matchLabels": dict(pods.labels)},
    }
