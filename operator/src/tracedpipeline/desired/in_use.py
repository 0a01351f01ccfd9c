"""What clients need outlives them: a ConfigMap that their pods own owns it, beside the pipeline (ADR 11).

A deleted pipeline leaves the ConfigMap to the pods, and the ConfigMap keeps the rest until the garbage collector of
Kubernetes has seen the last pod end. The operator has no part in that.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kubernetes_api import objects

WHICH = naming.IN_USE
KIND = "ConfigMap"
PURPOSE = "The pods that own this ConfigMap need the objects that it owns, until they have drained."

Object = dict[str, Any]


def config_map(pipeline: TracedPipeline, pods: Iterable[Mapping[str, Any]]) -> Object:
    """Return the ConfigMap for these pods of clients."""
    metadata = objects.metadata(pipeline, WHICH)
    owners = sorted((_reference("v1", "Pod", pod["metadata"]) for pod in pods), key=lambda owner: owner["uid"])
    return {
        "apiVersion": "v1",
        "kind": KIND,
        "metadata": metadata | {"ownerReferences": metadata["ownerReferences"] + owners},
        "data": {"purpose": PURPOSE},
    }


def needed(wanted: Iterable[Object], held_by: Mapping[str, Any] | None) -> list[Object]:
    """Return the objects; those that clients need have the live ConfigMap as a second owner, where there is one.

    That is all that goes with the pipeline, but what runs the clients.
    """
    if held_by is None:
        return list(wanted)
    owner = _reference("v1", KIND, held_by["metadata"])
    return [o if _runs_clients(o) else _with_owner(o, owner) for o in wanted]


def _runs_clients(o: Object) -> bool:
    runs = o["kind"] in ("Deployment", "FlinkDeployment")
    return runs and o["metadata"]["labels"][naming.NAME] in naming.CLIENT_PARTS


def _with_owner(o: Object, owner: dict[str, str]) -> Object:
    metadata = o["metadata"]
    if "ownerReferences" not in metadata:
        return o  # it outlives the pipeline, and needs nobody for it
    return o | {"metadata": metadata | {"ownerReferences": [*metadata["ownerReferences"], owner]}}


def _reference(version: str, kind: str, metadata: Mapping[str, Any]) -> dict[str, str]:
    # Neither controls nor blocks: the pipeline does.
    return {"apiVersion": version, "kind": kind, "name": metadata["name"], "uid": metadata["uid"]}
