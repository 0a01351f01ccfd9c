"""Whose an object is: the only rule, for what is written, found and deleted. Pure.

A pipeline controls its objects, so that they go with it. What may outlive it (`kinds.KEPT`) then has its labels only.
What has our labels, the hash of what we applied and no owner was restored from a backup, or left by an orphaning
deletion: nobody else will ever see to it, so that the pipeline of that name takes it over.
What clients need while they drain has a second owner, the ConfigMap of `desired.in_use` (ADR 11).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import API_VERSION, KIND, TracedPipeline
from tracedpipeline.kubernetes_api.kinds import KEPT, SECRET, WORKLOADS

Object = Mapping[str, Any]
Owner = dict[str, Any]


class ObjectNotOwnedError(Exception):
    """An object of that name is there and not ours; its owner must rename or remove it."""

    retry_helps = False


class PreviousDrainingError(Exception):
    """An object of that name is there that the pipeline before this one leaves; it goes by itself."""


def controller(pipeline: TracedPipeline) -> Owner:
    """Return the reference to a pipeline that controls an object."""
    metadata = {"name": pipeline.name, "uid": pipeline.uid}
    return {
        **reference({"apiVersion": API_VERSION, "kind": KIND}, metadata),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def reference(type_meta: Object, metadata: Object) -> Owner:
    """Return the reference to an owner that neither controls nor blocks."""
    return {**type_meta, "name": metadata["name"], "uid": metadata["uid"]}


def with_owners(metadata: Object, owners: Iterable[Owner]) -> dict[str, Any]:
    """Return metadata with more owners; what has none outlives the pipeline, and needs nobody for it."""
    if "ownerReferences" not in metadata:
        return dict(metadata)
    return {**metadata, "ownerReferences": [*metadata["ownerReferences"], *owners]}


def without_owners(metadata: Object) -> dict[str, Any]:
    """Return the metadata of what outlives the pipeline."""
    return {key: value for key, value in metadata.items() if key != "ownerReferences"}


def check(kind: str, live: Object, pipeline: TracedPipeline) -> None:
    """Raise ObjectNotOwnedError where the object is somebody else's, PreviousDrainingError where it goes by itself."""
    name = live["metadata"]["name"]
    if left_by_previous(live, pipeline):
        raise PreviousDrainingError(
            f"{kind} {name} is of an earlier pipeline of this name, and goes once the pods of that one have ended"
        )
    if not belongs_to(kind, live, pipeline):
        raise ObjectNotOwnedError(
            f"{kind} {name} exists and does not belong to this pipeline: remove it, or give the pipeline another name"
        )


def belongs_to(kind: str, o: Object, pipeline: TracedPipeline, keeper: str | None = None) -> bool:
    """Return whether the object is the pipeline's: controlled by it, or labelled with its name and nobody else's.

    What waits for the clients of an earlier pipeline is half gone; `keeper` is the uid of this one's own ConfigMap that
    keeps objects for them.
    """
    if controllers := _controllers(o):
        return any(owner["uid"] == pipeline.uid for owner in controllers)
    if not _is_labelled(o, pipeline):
        return False
    owners = _owners(o)
    if not owners and _was_applied(kind, o):
        return True
    if keeper and owners and all(owner["uid"] == keeper for owner in owners):
        return True
    return kind in KEPT and not any(_keeps_while_draining(owner, pipeline) for owner in owners)


def keeper(objects: Iterable[tuple[str, Object]], pipeline: TracedPipeline) -> str | None:
    """Return the uid of the ConfigMap that keeps objects for this pipeline's clients, where it is controlled by it."""
    for kind, o in objects:
        if (kind, o["metadata"]["name"]) == ("ConfigMap", naming.component(pipeline.name, naming.IN_USE)):
            owned = any(owner["uid"] == pipeline.uid for owner in _controllers(o))
            return str(o["metadata"]["uid"]) if owned else None
    return None


def are_orphaned(live: Iterable[Object]) -> bool:
    """Return whether what runs the clients has no owner: in a deletion that they drain in it is the first to go."""
    runs = (o for o in live if o["kind"] in WORKLOADS)
    return any(not _owners(o) for o in runs if o["metadata"]["labels"].get(naming.NAME) in naming.CLIENT_PARTS)


def goes_with_pipeline(kind: str, o: Object) -> bool:
    """Return whether a pipeline's live object goes with it; otherwise it was left to itself already.

    Of what was restored that is only what would go on with the messages: all else may be a copy of somebody's.
    """
    labels, name = o["metadata"].get("labels") or {}, o["metadata"].get("name")
    restored = kind in WORKLOADS and name == f"{labels.get(naming.INSTANCE)}-{labels.get(naming.NAME)}"
    return restored or bool(_controllers(o))


def left_by_previous(o: Object, pipeline: TracedPipeline) -> bool:
    """Return whether a pipeline made the object that had the name before: it goes once that one's clients end."""
    controllers = _controllers(o)
    if any(owner["uid"] == pipeline.uid or owner["kind"] != KIND for owner in controllers):
        return False
    waits = any(_keeps_while_draining(owner, pipeline) or owner["kind"] == "Pod" for owner in _owners(o))
    return bool(controllers or waits) and _is_labelled(o, pipeline)


def _was_applied(kind: str, o: Object) -> bool:
    """Return whether we wrote the object; a Secret is written once, and carries no hash."""
    return kind == SECRET.name or naming.APPLIED_HASH in (o["metadata"].get("annotations") or {})


def _owners(o: Object) -> Iterable[Mapping[str, Any]]:
    return tuple(o["metadata"].get("ownerReferences", ()))


def _controllers(o: Object) -> list[Mapping[str, Any]]:
    return [owner for owner in _owners(o) if owner.get("controller")]


def _is_labelled(o: Object, pipeline: TracedPipeline) -> bool:
    labels = o["metadata"].get("labels") or {}
    wanted = naming.MANAGED_BY | {naming.INSTANCE: pipeline.name}
    return all(labels.get(key) == value for key, value in wanted.items())


def _keeps_while_draining(owner: Mapping[str, Any], pipeline: TracedPipeline) -> bool:
    return (owner["kind"], owner["name"]) == ("ConfigMap", naming.component(pipeline.name, naming.IN_USE))
