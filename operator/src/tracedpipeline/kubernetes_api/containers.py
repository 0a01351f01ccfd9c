"""What every container has in common: its security, its probes, its resources. Pure."""

import copy
from typing import Any

from tracedpipeline.api import ResourceList, Resources
from tracedpipeline.api.quantities import amount, canonical


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
