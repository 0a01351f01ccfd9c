"""The reader's pod: the consumer's, with another command, under labels that no Service and no Deployment selects.

Pure.
"""

import json
from collections.abc import Mapping
from typing import Any

from tracedpipeline import naming
from tracedpipeline.find.reader import MODULES

Object = Mapping[str, Any]

# Where each image of ours has its interpreter; an image that is made from one has it there, too.
PYTHON = {"Python": "/app/.venv/bin/python", "Flink": "/opt/venv/bin/python"}
_MOUNTED = ("/etc/kafka", "/tmp")  # noqa: S108 - of the pod's own
_SECONDS = 1800  # for what has no limit of its own
_NOT_OURS = ("containers", "initContainers", "volumes", "affinity", "topologySpreadConstraints")
_PER_CONTAINER = ("image", "imagePullPolicy", "envFrom", "securityContext")
_RESOURCES = {"requests": {"cpu": "50m", "memory": "96Mi"}, "limits": {"memory": "256Mi"}}


def deployments(pipeline: str, engine: str) -> list[str]:
    """Return the names of the Deployments that may have the consumer's pods, the likeliest first."""
    consumer = naming.component(pipeline, naming.CONSUMER)
    return [naming.component(pipeline, naming.JOB_MANAGER), consumer] if engine == "Flink" else [consumer]


def reader(
    pipeline: str,
    engine: str,
    deployment: Object,
    program: str,
    request: Mapping[str, Any],
    variables: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the pod; it ends by itself, and goes with the pipeline where nobody deletes it."""
    template = deployment["spec"]["template"]["spec"]
    container = template["containers"][0]
    mounts = [each for each in container.get("volumeMounts", ()) if each["mountPath"].startswith(_MOUNTED)]
    names, changed = {each["name"] for each in mounts}, variables or {}
    own = {
        "name": program,
        "command": [PYTHON[engine], "-m", MODULES[program], json.dumps(request)],
        "resources": _RESOURCES,
        "volumeMounts": mounts,
        "env": [each for each in container["env"] if each["name"] not in changed]
        + [{"name": name, "value": value} for name, value in changed.items()],
    }
    spec = {key: value for key, value in template.items() if key not in _NOT_OURS} | {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": int(2 * request.get("seconds", _SECONDS)) + 120,
        "automountServiceAccountToken": False,
        "containers": [{key: container[key] for key in _PER_CONTAINER if key in container} | own],
        "volumes": [each for each in template.get("volumes", ()) if each["name"] in names],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": _metadata(pipeline, program, deployment), "spec": spec}


def _metadata(pipeline: str, program: str, deployment: Object) -> dict[str, Any]:
    owners = deployment["metadata"].get("ownerReferences", ())
    return {
        "generateName": f"{pipeline}-{program}-",
        "labels": naming.selector(pipeline, program),
        "ownerReferences": [{key: each[key] for key in ("apiVersion", "kind", "name", "uid")} for each in owners],
    }


def problem(pod: Object) -> str:
    """Return what keeps a pod from running, empty where nothing is known to."""
    for status in pod["status"].get("containerStatuses") or ():
        waiting = (status.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
            return f"{waiting['reason']}: {waiting.get('message') or ''}"
    for condition in pod["status"].get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"{condition.get('reason')}: {condition.get('message') or ''}"
    return ""
