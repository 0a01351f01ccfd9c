"""Why a pod does not come up: what its containers show, those that others inject into it among them. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracedpipeline import reasons
from tracedpipeline.untrusted.quoting import one_line, stable
from tracedpipeline.verdict import Verdict, first

# The kubelet's word for a container that used more memory than its limit.
OOM = "OOMKilled"
# A container that has run for so long is no longer in a loop, and the kubelet waits no longer before it restarts it.
LOOP_MILLISECONDS = 600_000
# The first end may be a mishap; the kubelet restarts the container at once.
ENDS_OF_A_LOOP = 2

_NO_IMAGE = ("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull")
_NOT_CREATED = ("CreateContainerConfigError", "CreateContainerError")


@dataclass(frozen=True)
class Container:
    """A container as the kubelet shows it: what it is called in a sentence, and whether its limits are the spec's."""

    who: str
    status: Mapping[str, Any]
    own: bool = True

    @property
    def waiting(self) -> Mapping[str, Any]:
        """Return what it waits for."""
        return (self.status.get("state") or {}).get("waiting") or {}

    @property
    def ends(self) -> list[Mapping[str, Any]]:
        """Return how the container ended, the last time first."""
        ends = [(self.status.get(when) or {}).get("terminated") for when in ("state", "lastState")]
        return [end for end in ends if end]

    def fails(self, now: int) -> bool:
        """Return whether it ended of late, and has not been ready since; `now` is in Unix milliseconds."""
        if self.status.get("ready") or not self.ends:
            return False
        finished = self.ends[0].get("finishedAt")
        return bool(self.waiting) or not finished or now - milliseconds(finished) < LOOP_MILLISECONDS

    def loops(self, now: int) -> bool:
        """Return whether it ends again and again: while it waits for the next start, and while it runs once more."""
        if self.waiting.get("reason") == "CrashLoopBackOff":
            return True
        ended_now = bool((self.status.get("state") or {}).get("terminated"))
        return self.fails(now) and self.status.get("restartCount", 0) + ended_now >= ENDS_OF_A_LOOP


def problem(pod: Mapping[str, Any], now: int) -> Verdict | None:
    """Return why a pod does not come up, or None where nothing is wrong but time, or where it is to go."""
    if "deletionTimestamp" in pod.get("metadata", {}):
        return None
    for condition in pod.get("status", {}).get("conditions", ()):
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return Verdict(False, reasons.UNSCHEDULABLE, f"no node takes the pod: {condition.get('message', '')}")
    return first(_container_problem(container, now) for container in containers(pod))


def containers(pod: Mapping[str, Any]) -> Iterator[Container]:
    """Yield the containers; those that others inject into the pod begin before ours."""
    spec, status = pod.get("spec", {}), pod.get("status", {})
    sidecars = {each["name"] for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"}
    for container in status.get("initContainerStatuses") or ():
        name = container.get("name", "")
        yield Container(f"{'sidecar' if name in sidecars else 'init'} container {name!r}", container, own=False)
    main = status.get("containerStatuses") or ()
    for container in main:
        yield Container("the container" if len(main) == 1 else f"container {container.get('name', '')!r}", container)


def _container_problem(container: Container, now: int) -> Verdict | None:
    return first(check(container, now) for check in CONTAINER_CHECKS)


def _image(container: Container, _: int) -> Verdict | None:
    if container.waiting.get("reason") not in _NO_IMAGE:
        return None
    image = container.status.get("image", "")
    message = f"image {image!r} cannot be pulled; fix the image's name or the access to its registry"
    return Verdict(False, reasons.IMAGE_PULL_BACK_OFF, message)


def _not_created(container: Container, _: int) -> Verdict | None:
    if (reason := container.waiting.get("reason")) not in _NOT_CREATED:
        return None
    message = f"{container.who}: {container.waiting.get('message', reason)}"
    return Verdict(False, reasons.CREATE_CONTAINER_CONFIG_ERROR, one_line(message))


def _killed(container: Container, now: int) -> Verdict | None:
    if not (container.fails(now) and container.ends[0].get("reason") == OOM):
        return None
    advice = "raise resources.limits.memory" if container.own else "whoever puts it into the pod has to raise that"
    message = f"{container.who} was killed (OOMKilled): it used more memory than its limit; {advice}"
    return Verdict(False, reasons.OOM_KILLED, message)


def _loops(container: Container, now: int) -> Verdict | None:
    if not container.loops(now):
        return None
    ended = next(iter(container.ends), {})
    last_lines = (ended.get("message") or "").strip().splitlines()
    said = f", its last line: {last_lines[-1]}" if last_lines else ""
    message = stable(f"{container.who} ends with exit code {ended.get('exitCode')}{said}")
    return Verdict(False, reasons.CRASH_LOOP_BACK_OFF, message)


# The first that has a verdict decides.
CONTAINER_CHECKS = (_image, _not_created, _killed, _loops)


def killed_for_memory(pods: Iterable[Mapping[str, Any]]) -> int | None:
    """Return when a container of the pods ended last because it used more memory than its limit, Unix milliseconds."""
    ends = [end for pod in pods for container in containers(pod) for end in container.ends]
    # A container whose end the kubelet did not see has no time of it.
    times = [end.get("finishedAt") for end in ends if end.get("reason") == OOM]
    return max((milliseconds(time) for time in times if time), default=None)


def milliseconds(time: str) -> int:
    """Return a time of the API server's as Unix milliseconds."""
    return int(datetime.fromisoformat(time).timestamp() * 1000)
