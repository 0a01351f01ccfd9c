"""What clients need outlives them: a ConfigMap that their pods own owns it, beside the pipeline (ADR 11).

A deleted pipeline leaves the ConfigMap to the pods, and the ConfigMap keeps the rest until the garbage collector of
Kubernetes has seen the last pod end. The operator has no part in that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kubernetes_api import objects
from tracedpipeline.kubernetes_api.kinds import type_meta
from tracedpipeline.kubernetes_api.ownership import reference, with_owners

COMPONENT = naming.IN_USE
KIND = "ConfigMap"
PURPOSE = "The pods that own this ConfigMap need the objects that it owns, until they have drained."

Object = dict[str, Any]


@dataclass(frozen=True)
class InUse:
    """The ConfigMap as it is wanted, and as it is: None while it could not be written."""

    wanted: Object
    live: Mapping[str, Any] | None


def config_map(pipeline: TracedPipeline, pods: Iterable[Mapping[str, Any]]) -> Object:
    """Return the ConfigMap for these pods of clients."""
    metadata = objects.metadata(pipeline, COMPONENT)
    owners = sorted((reference(type_meta("Pod"), pod["metadata"]) for pod in pods), key=lambda owner: owner["uid"])
    return {
        **type_meta(KIND),
        "metadata": with_owners(metadata, owners),
        "data": {"purpose": PURPOSE},
    }


def needed(wanted: Iterable[Object], live: Mapping[str, Any] | None) -> list[Object]:
    """Return the objects; those that clients need have the live ConfigMap as a second owner, where there is one.

    That is all that goes with the pipeline, but what runs the clients.
    """
    if live is None:
        return list(wanted)
    owner = reference(type_meta(KIND), live["metadata"])
    return [o if _runs_clients(o) else o | {"metadata": with_owners(o["metadata"], [owner])} for o in wanted]


def _runs_clients(o: Object) -> bool:
    runs = o["kind"] in ("Deployment", "FlinkDeployment")
    return runs and o["metadata"]["labels"][naming.NAME] in naming.CLIENT_PARTS
