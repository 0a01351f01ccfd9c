"""Whether a live object still is what was applied. Pure."""

from collections.abc import Mapping
from typing import Any

from tracedpipeline import naming
from tracedpipeline.kubernetes_api.objects import digest


def with_applied_hash(desired: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object with the annotation that tells what was applied."""
    metadata = desired["metadata"]
    annotations = {**metadata.get("annotations", {}), naming.APPLIED_HASH: digest(desired)}
    return {**desired, "metadata": {**metadata, "annotations": annotations}}


def must_apply(wanted: Mapping[str, Any], live: Mapping[str, Any] | None) -> bool:
    """Return whether the live object is missing, or something that we want is no longer so.

    The annotation shows fields that we no longer want, the comparison what others have changed.
    """
    return live is None or not contains(live, wanted)


def contains(live: Any, wanted: Any) -> bool:
    """Return whether everything wanted is in the live value; what the API server has added does not count."""
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(
            key in live and (_owned if key == "ownerReferences" else contains)(live[key], wanted[key]) for key in wanted
        )
    if isinstance(wanted, list):
        return isinstance(live, list) and len(live) == len(wanted) and all(map(contains, live, wanted))
    return bool(live == wanted)


def _owned(live: Any, wanted: Any) -> bool:
    """Return whether the owners are among the live ones, which the API server keeps by uid, in an order of its own."""
    found = {owner["uid"]: owner for owner in live}
    return all(contains(found.get(owner["uid"]), owner) for owner in wanted)
