"""kubectl, thinly: the stories say what a person would type."""

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

Object = dict[str, Any]


class KubectlError(Exception):
    """kubectl refused; its words are the message."""


def kubectl(*arguments: str, given: str | None = None) -> str:
    done = subprocess.run(
        ["kubectl", *arguments], input=given, capture_output=True, text=True, timeout=240, check=False
    )
    if done.returncode:
        raise KubectlError(done.stderr.strip())
    return done.stdout


def get(namespace: str, *what: str) -> Any:
    return json.loads(kubectl("get", "--namespace", namespace, "--output", "json", *what))


def raw(path: str) -> Any:
    """Return what a path of the API server says, such as a Service behind its proxy."""
    return json.loads(kubectl("get", "--raw", path))


def apply(*objects: Object) -> None:
    kubectl("apply", "--filename", "-", given="\n---\n".join(map(json.dumps, objects)))


def pipeline(namespace: str, name: str, **spec: Any) -> Object:
    """A pipeline on a topic and in a group of its own."""
    kafka = {"bootstrapServers": "kafka.kafka.svc:9092", "topic": {"name": f"{namespace}-{name}"}}
    return {
        "apiVersion": "tracedpipeline.dev/v1alpha1",
        "kind": "TracedPipeline",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"kafka": kafka, **spec},
    }


def condition(namespace: str, name: str, kind: str) -> Object:
    found = get(namespace, "tp", name).get("status", {}).get("conditions", [])
    return next((c for c in found if c["type"] == kind), {"type": kind, "status": "absent"})


def until(what: str, seconds: float, look: Callable[[], Any]) -> Any:
    """Look again until it is truthy; when the time is over, fail with what was seen last."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.2)


def until_condition(
    namespace: str, name: str, kind: str, status: str, reason: str | None = None, seconds: float = 180
) -> Object:
    last: Object = {}

    def look() -> bool:
        nonlocal last
        last = condition(namespace, name, kind)
        return last["status"] == status and reason in (None, last["reason"])

    try:
        until(f"{kind}={status} {reason or ''}", seconds, look)
    except AssertionError as error:
        raise AssertionError(f"{error}; last seen: {last}") from None
    return last


def operator_restarts() -> int:
    """How often the operator's container was started again."""
    pods = get("tracedpipeline-system", "pods")["items"]
    return sum(status["restartCount"] for pod in pods for status in pod["status"]["containerStatuses"])


def owned(namespace: str, name: str) -> dict[str, Object]:
    """All objects of a pipeline, by kind and name."""
    selector = f"app.kubernetes.io/instance={name},app.kubernetes.io/managed-by=tracedpipeline-operator"
    items = get(namespace, "deployments,services,configmaps,serviceaccounts", "--selector", selector)["items"]
    return {f"{item['kind']}/{item['metadata']['name']}": item for item in items}
