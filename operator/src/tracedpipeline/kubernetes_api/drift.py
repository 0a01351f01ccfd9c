"""Whether a live object still is what was applied. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from tracedpipeline import naming
from tracedpipeline.kubernetes_api.objects import digest

Path = tuple[str | int, ...]
# Where an object differs from what we want, with the text of what is there.
Drift = tuple[tuple[Path, str], ...]
MISSING: Drift = (((), "missing"),)


def with_applied_hash(desired: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object with the annotation that tells what was applied."""
    metadata = desired["metadata"]
    annotations = {**metadata.get("annotations", {}), naming.APPLIED_HASH: digest(desired)}
    return {**desired, "metadata": {**metadata, "annotations": annotations}}


def must_apply(wanted: Mapping[str, Any], live: Mapping[str, Any] | None) -> bool:
    """Return whether the live object is missing, or something that we want is no longer so.

    The annotation shows fields that we no longer want, the comparison what others have changed.
    """
    return bool(drift(wanted, live))


def drift(wanted: Mapping[str, Any], live: Mapping[str, Any] | None) -> Drift:
    """Return where a live object is not as wanted, with the text of what is there."""
    return MISSING if live is None else tuple(_differences(live, wanted, ()))


def contains(live: Any, wanted: Any) -> bool:
    """Return whether everything wanted is in the live value; what the API server has added does not count."""
    return not any(True for _ in _differences(live, wanted, ()))


def field_name(path: Path) -> str:
    """Return a path as a person writes it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _differences(live: Any, wanted: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if path[-1:] == ("ownerReferences",):
        if not _owned(live, wanted):
            yield path, repr(live)
    elif isinstance(wanted, Mapping) and isinstance(live, Mapping):
        for key in wanted:
            if key in live:
                yield from _differences(live[key], wanted[key], (*path, key))
            else:
                yield (*path, key), "missing"
    elif isinstance(wanted, list) and isinstance(live, list) and len(live) == len(wanted):
        for number, (found, each) in enumerate(zip(live, wanted, strict=True)):
            yield from _differences(found, each, (*path, number))
    elif live != wanted:
        yield path, repr(live)


def _owned(live: Any, wanted: Any) -> bool:
    """Return whether the owners are among the live ones, which the API server keeps by uid, in an order of its own."""
    found = {owner["uid"]: owner for owner in live}
    return all(contains(found.get(owner["uid"]), owner) for owner in wanted)
