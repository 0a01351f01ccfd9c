"""What has to happen to a running Flink job before its Deployments may be changed. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from tracedpipeline import naming
from tracedpipeline.kubernetes_api.drift import with_applied_hash
from tracedpipeline.kubernetes_api.objects import digest

Object = Mapping[str, Any]
Live = Mapping[tuple[str, str], Object]


def job_manager(pipeline: str) -> tuple[str, str]:
    """Return kind and name of the Deployment that the job lives in."""
    return "Deployment", naming.component(pipeline, naming.JOB_MANAGER)


def protected_while_pending(pipeline: str) -> frozenset[tuple[str, str]]:
    """Return kind and name of what is neither applied nor pruned while the job ends: who replaces it, too."""
    parts = (naming.JOB_MANAGER, naming.TASK_MANAGER, naming.CONSUMER)
    return frozenset(("Deployment", naming.component(pipeline, component)) for component in parts)


def change_id(pipeline: str, desired: Iterable[Object], live: Live) -> str | None:
    """Return what identifies the change that the job has to end for; None where it may go on."""
    parts = (naming.JOB_MANAGER, naming.TASK_MANAGER)
    names = [naming.component(pipeline, component) for component in parts]
    wanted = {o["metadata"]["name"]: _applied(with_applied_hash(o)) for o in desired if o["kind"] == "Deployment"}
    applied = {name: _applied(live[key]) for name in names if (key := ("Deployment", name)) in live}
    if all(wanted.get(name) == applied.get(name) for name in names):
        return None
    return digest([wanted.get(name) for name in names])


def savepoint_trigger_id(job_id: str, changed: str) -> str:
    """Return the id of the savepoint for this change of this job: asked again, Flink knows that it is the same."""
    return digest([job_id, changed]) + digest([changed, job_id])


def _applied(o: Object) -> str | None:
    found = o["metadata"].get("annotations", {}).get(naming.APPLIED_HASH)
    return None if found is None else str(found)
