"""kubectl, thinly: the stories say what a person would type."""

import json
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import closing
from threading import Timer
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
        time.sleep(0.5)


def until_condition(
    namespace: str,
    name: str,
    kind: str,
    status: str,
    reason: str | None = None,
    seconds: float = 180,
    words: str = "",
) -> Object:
    """Wait for a condition whose message has these words: a reason may come before what there is to say of it."""
    last: Object = {"type": kind, "status": "absent"}
    with closing(_conditions(namespace, name, seconds)) as seen:
        for conditions in seen:
            last = next((c for c in conditions if c["type"] == kind), last)
            if last["status"] == status and reason in (None, last["reason"]) and words in last["message"]:
                return last
    wanted = " ".join(filter(None, (f"{kind}={status}", reason, words)))
    raise AssertionError(f"not within {seconds} s: {wanted}; last seen: {last}")


def _conditions(namespace: str, name: str, seconds: float) -> Generator[list[Object]]:
    """A pipeline's conditions, and what becomes of them within the time: a watch misses none, and costs less."""
    end = time.monotonic() + seconds
    selector = f"metadata.name={name}"  # which need not be there yet
    path = "jsonpath={.status.conditions}{'\\n'}"
    command = ("kubectl", "get", "tp", "-n", namespace, "--field-selector", selector, "--watch", "--output", path)
    while (left := end - time.monotonic()) > 0:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
            assert watching.stdout is not None
            timer = Timer(left, watching.kill)
            timer.start()
            try:
                yield from (json.loads(line) for line in watching.stdout if line.strip())
            finally:
                timer.cancel()
                watching.kill()
        time.sleep(0.5)  # the API server ends a watch now and then


def operator_restarts() -> int:
    """How often the operator's container was started again."""
    pods = get("tracedpipeline-system", "pods")["items"]
    return sum(status["restartCount"] for pod in pods for status in pod["status"]["containerStatuses"])


def owned(namespace: str, name: str) -> dict[str, Object]:
    """All objects of a pipeline, by kind and name."""
    selector = f"app.kubernetes.io/instance={name},app.kubernetes.io/managed-by=tracedpipeline-operator"
    items = get(namespace, "deployments,services,configmaps,serviceaccounts", "--selector", selector)["items"]
    return {f"{item['kind']}/{item['metadata']['name']}": item for item in items}
