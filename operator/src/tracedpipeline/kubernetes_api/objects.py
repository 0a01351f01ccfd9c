"""What every object and every pod has in common."""

import copy
import hashlib
import json
from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import ResourceList, Resources, TracedPipeline
from tracedpipeline.api.quantities import amount, canonical
from tracedpipeline.kubernetes_api import ownership
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


def pod_security(user: int) -> dict[str, Any]:
    """Return the pod's part of what the restricted Pod Security Standard asks for."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> dict[str, Any]:
    """Return the container's part of what it asks for, with a read-only root file system."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def container(component: str, image: str, **more: Any) -> dict[str, Any]:
    """Return a container that satisfies the restricted Pod Security Standard with a read-only root file system."""
    return {
        "name": component,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "securityContext": container_security(),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        **more,
    }


def port(name: str, number: int) -> dict[str, Any]:
    """Return a container's named port."""
    return {"name": name, "containerPort": number, "protocol": "TCP"}


def probes(port_name: str, *, live: str, ready: str) -> dict[str, Any]:
    """Return the three probes, which ask for these paths."""

    def get(path: str) -> dict[str, Any]:
        return {"httpGet": {"path": path, "port": port_name, "scheme": "HTTP"}}

    return _timed(get(live), get(ready))


def connection_probes(port_name: str) -> dict[str, Any]:
    """Return the three probes of a process that speaks no HTTP: whether it takes a connection."""
    connect = {"tcpSocket": {"port": port_name}}
    return _timed(connect, connect)


def _timed(live: dict[str, Any], ready: dict[str, Any]) -> dict[str, Any]:
    """Return a fast probe until the container has started, then calmer ones."""
    return {
        "startupProbe": copy.deepcopy(live) | {"periodSeconds": 1, "failureThreshold": 120, "timeoutSeconds": 2},
        "readinessProbe": copy.deepcopy(ready) | {"periodSeconds": 2, "failureThreshold": 3, "timeoutSeconds": 2},
        "livenessProbe": copy.deepcopy(live) | {"periodSeconds": 10, "failureThreshold": 6, "timeoutSeconds": 5},
    }


def number(value: float) -> str:
    """Return a number as a variable's value: exactly, and without an exponent where that can be."""
    return f"{value:.15g}"


def resources(wanted: Resources, *, cpu: str, memory: str, memory_limit: str) -> dict[str, Any]:
    """Return the kit's own requests and limits, with what the spec gives in their place.

    The API server refuses a request above its limit; where the spec gives one of the two, the kit's own gives way.
    """
    requests = {"cpu": cpu, "memory": memory} | _given(wanted.requests)
    limits = {"memory": memory_limit} | _given(wanted.limits)
    for resource in requests.keys() & limits.keys():
        if amount(requests[resource]) > amount(limits[resource]):
            loser, winner = (limits, requests) if resource in _given(wanted.requests) else (requests, limits)
            loser[resource] = winner[resource]
    return {"requests": requests, "limits": limits}


def memory_limit(resources: dict[str, Any], default: str) -> str:
    """Return how much memory a container may use: what is its limit, and the default where 0 says that it has none."""
    limit: str = resources["limits"]["memory"]
    return limit if amount(limit) else default


def given_resources(wanted: Resources) -> dict[str, Any]:
    """Return what the spec gives of them, and nothing else."""
    given = {"requests": _given(wanted.requests), "limits": _given(wanted.limits)}
    return {side: resources for side, resources in given.items() if resources}


def _given(resources: ResourceList) -> dict[str, str]:
    return {resource: canonical(quantity) for resource, quantity in resources.model_dump(exclude_none=True).items()}
