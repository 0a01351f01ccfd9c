"""What Deployments and pods show. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tracedpipeline.kubernetes_api.pod_problems import killed_for_memory, milliseconds, problem
from tracedpipeline.kubernetes_api.refused_pods import refusals
from tracedpipeline.observed import Component
from tracedpipeline.verdict import Verdict


def component(
    name: str, deployment: Mapping[str, Any] | None, pods: Sequence[Mapping[str, Any]], now: int = 0
) -> Component:
    """Return what a Deployment and its pods show; `now`, in Unix milliseconds, is of no use without pods.

    It is rolled out when the controller has seen its newest generation and no pod of an older one is left.
    """
    if deployment is None:
        return Component(name, exists=False)
    status = deployment.get("status", {})
    wanted = deployment["spec"].get("replicas", 1)
    ready = status.get("readyReplicas", 0)
    rolled_out = (
        status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
        and status.get("updatedReplicas", 0) == status.get("replicas", 0) == wanted
        and ready == wanted
    )
    problems = [] if rolled_out else [*_problems(pods, now), *refusals(status)]
    return Component(
        name,
        wanted,
        ready,
        rolled_out,
        problem=problems[0] if problems else None,
        killed_for_memory=killed_for_memory(pods),
        ready_since=ready_since(pods),
    )


def component_of_pods(name: str, wanted: int, pods: Sequence[Mapping[str, Any]], now: int) -> Component:
    """Return what pods show that belong to no Deployment of ours.

    There may be more than are wanted: Flink keeps a TaskManager that it requested while it found an older one again.
    """
    ready = sum(map(is_ready, pods))
    problems = _problems(pods, now)
    return Component(
        name,
        wanted,
        ready,
        rolled_out=ready == len(pods) >= wanted,
        problem=problems[0] if problems else None,
        killed_for_memory=killed_for_memory(pods),
        ready_since=ready_since(pods),
        missing=max(wanted - len(pods), 0),
    )


def _problems(pods: Iterable[Mapping[str, Any]], now: int) -> list[Verdict]:
    return [verdict for pod in pods if (verdict := problem(pod, now))]


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Return whether the pod is ready."""
    return any(True for _ in _ready(pod))


def ready_since(pods: Iterable[Mapping[str, Any]]) -> int | None:
    """Return when the last of the pods that are ready became so, Unix milliseconds; None where none is."""
    times = (condition["lastTransitionTime"] for pod in pods for condition in _ready(pod))
    return max(map(milliseconds, times), default=None)


def _ready(pod: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for condition in pod.get("status", {}).get("conditions", ()):
        if (condition["type"], condition["status"]) == ("Ready", "True"):
            yield condition
