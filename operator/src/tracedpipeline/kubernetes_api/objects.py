"""What every object and every pod has in common. Pure."""

import hashlib
import json
from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kubernetes_api import ownership
from tracedpipeline.kubernetes_api.containers import pod_security
from tracedpipeline.kubernetes_api.kinds import type_meta

# The user that the Collector's and Jaeger's images and ours run as.
USER = 10001
GRACE_SECONDS = 30


def digest(content: Any) -> str:
    """Return a short hash of anything that JSON can say."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def metadata(pipeline: TracedPipeline, component: str, name: str | None = None) -> dict[str, Any]:
    """Return an object's metadata: the pipeline owns it, so that it goes with the pipeline."""
    return {
        "name": name or naming.component(pipeline.name, component),
        "namespace": pipeline.namespace,
        "labels": naming.labels(pipeline.name, component),
        "ownerReferences": [ownership.controller(pipeline)],
    }


def service_account(pipeline: TracedPipeline, component: str) -> dict[str, Any]:
    """Return an account of the component's own that may do nothing at the API server."""
    return {
        **type_meta("ServiceAccount"),
        "metadata": metadata(pipeline, component),
        "automountServiceAccountToken": False,
    }


def config_map(pipeline: TracedPipeline, component: str, data: dict[str, str]) -> dict[str, Any]:
    """Return the component's configuration files."""
    name = naming.config(pipeline.name, component)
    return {
        **type_meta("ConfigMap"),
        "metadata": metadata(pipeline, component, name),
        "data": data,
    }


def service(pipeline: TracedPipeline, component: str, ports: dict[str, int]) -> dict[str, Any]:
    """Return a Service with these named ports."""
    return {
        **type_meta("Service"),
        "metadata": metadata(pipeline, component),
        "spec": {
            "type": "ClusterIP",
            "selector": naming.selector(pipeline.name, component),
            "ports": [
                {"name": name, "port": port, "protocol": "TCP", "targetPort": name} for name, port in ports.items()
            ],
        },
    }


def deployment(
    pipeline: TracedPipeline, component: str, *, replicas: int, pod: dict[str, Any], config: Any, strategy: str
) -> dict[str, Any]:
    """Return a Deployment whose pods are replaced when `config` changes; `strategy` is a Deployment strategy's type.

    Nothing in a pod depends on how many there are: to scale is to add and to remove, never to replace.
    """
    selector = naming.selector(pipeline.name, component)
    return {
        **type_meta("Deployment"),
        "metadata": metadata(pipeline, component),
        "spec": {
            "replicas": replicas,
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": selector},
            "strategy": _strategy(strategy),
            "template": {
                "metadata": {
                    "labels": naming.labels(pipeline.name, component),
                    "annotations": {naming.CONFIG_HASH: digest(config)},
                },
                "spec": _pod(pipeline, component, pod),
            },
        },
    }


def _strategy(kind: str) -> dict[str, Any]:
    if kind == "Recreate":
        return {"type": "Recreate"}
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def _pod(pipeline: TracedPipeline, component: str, pod: dict[str, Any]) -> dict[str, Any]:
    return {
        "serviceAccountName": naming.component(pipeline.name, component),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": pod_security(USER),
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": naming.selector(pipeline.name, component)},
            }
        ],
        **pod,
    }
