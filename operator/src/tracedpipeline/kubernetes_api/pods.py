"""What Deployments and pods show. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tracedpipeline import reasons
from tracedpipeline.observed import Component
from tracedpipeline.untrusted.quoting import one_line
from tracedpipeline.verdict import Verdict

# The kubelet's word for a container that used more memory than its limit.
OOM = "OOMKilled"


def component(name: str, deployment: Mapping[str, Any] | None, pods: Sequence[Mapping[str, Any]]) -> Component:
    """Return what a Deployment and its pods show.

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
    problems = [] if rolled_out else [*filter(None, map(problem, pods)), *_refusals(status)]
    return Component(
        name,
        wanted,
        ready,
        rolled_out,
        problem=problems[0] if problems else None,
        killed_for_memory=killed_for_memory(pods),
        ready_since=ready_since(pods),
    )


def _refusals(status: Mapping[str, Any]) -> Iterator[Verdict]:
    """Yield why the API server does not even take the pods."""
    for condition in status.get("conditions", ()):
        if (condition["type"], condition["status"]) == ("ReplicaFailure", "True"):
            words = f"the API server takes no more of its pods: {condition.get('message', '')}"
            yield Verdict(False, reasons.FAILED_CREATE, f"{words}: raise the quota, or change the policy that it names")


def component_of_pods(name: str, wanted: int, pods: Sequence[Mapping[str, Any]]) -> Component:
    """Return what pods show that belong to no Deployment of ours.

    There may be more than are wanted: Flink keeps a TaskManager that it requested while it found an older one again.
    """
    ready = sum(map(is_ready, pods))
    problems = [verdict for pod in pods if (verdict := problem(pod))]
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


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Return whether the pod is ready."""
    return any(True for _ in _ready(pod))


def ready_since(pods: Iterable[Mapping[str, Any]]) -> int | None:
    """Return when the last of the pods that are ready became so, Unix milliseconds; None where none is."""
    times = (condition["lastTransitionTime"] for pod in pods for condition in _ready(pod))
    return max(map(_milliseconds, times), default=None)


def _ready(pod: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for condition in pod.get("status", {}).get("conditions", ()):
        if (condition["type"], condition["status"]) == ("Ready", "True"):
            yield condition


def _milliseconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp() * 1000)


def killed_for_memory(pods: Iterable[Mapping[str, Any]]) -> int | None:
    """Return when a container of the pods ended last because it used more memory than its limit, Unix milliseconds."""
    containers = [each for pod in pods for _, each in _containers(pod)]
    times = [end["finishedAt"] for container in containers for end in _ends(container) if end.get("reason") == OOM]
    return max(map(_milliseconds, times), default=None)


def _containers(pod: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the containers with what they are called; those that others inject into the pod begin before ours."""
    status = pod.get("status", {})
    for container in status.get("initContainerStatuses") or ():
        yield f"init container {container.get('name', '')!r}", container
    for container in status.get("containerStatuses") or ():
        yield "the container", container


def _ends(container: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return how the container ended, the last time first."""
    ends = [(container.get(when) or {}).get("terminated") for when in ("state", "lastState")]
    return [end for end in ends if end]


def problem(pod: Mapping[str, Any]) -> Verdict | None:
    """Return why a pod does not come up, or None where nothing is wrong but time."""
    status = pod.get("status", {})
    for condition in status.get("conditions", ()):
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return Verdict(False, reasons.UNSCHEDULABLE, f"no node takes the pod: {condition.get('message', '')}")
    return next(filter(None, (_container_problem(who, container) for who, container in _containers(pod))), None)


def _container_problem(who: str, container: Mapping[str, Any]) -> Verdict | None:
    waiting = container.get("state", {}).get("waiting") or {}
    reason = waiting.get("reason")
    if reason in ("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull"):
        message = f"image {container['image']!r} cannot be pulled; fix the image's name or the access to its registry"
        return Verdict(False, reasons.IMAGE_PULL_BACK_OFF, message)
    if reason in ("CreateContainerConfigError", "CreateContainerError"):
        return Verdict(
            False, reasons.CREATE_CONTAINER_CONFIG_ERROR, one_line(f"{who}: {waiting.get('message', reason)}")
        )
    ended = next(iter(_ends(container)), {})
    if ended.get("reason") == OOM and not container.get("ready"):
        what = f"{who} was killed (OOMKilled): it used more memory than its limit"
        return Verdict(False, reasons.OOM_KILLED, f"{what}; raise resources.limits.memory")
    if reason == "CrashLoopBackOff":
        last_lines = (ended.get("message") or "").strip().splitlines()
        said = f", its last line: {last_lines[-1]}" if last_lines else ""
        return Verdict(
            False, reasons.CRASH_LOOP_BACK_OFF, one_line(f"{who} ends with exit code {ended.get('exitCode')}{said}")
        )
    return None
