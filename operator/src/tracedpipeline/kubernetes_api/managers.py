"""Who manages a field of an object, by its managedFields. Pure.

https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tracedpipeline import naming
from tracedpipeline.kubernetes_api.drift import Path, field_name


def others(o: Mapping[str, Any], path: Path) -> list[str]:
    """Return the managers of a field, or of something in it, that are not we, the newest first."""
    entries = [e for e in o["metadata"].get("managedFields", ()) if e.get("manager") != naming.FIELD_MANAGER]
    found = [e for e in entries if _has([e.get("fieldsV1", {})], path)]
    found.sort(key=lambda entry: str(entry.get("time", "")), reverse=True)
    return list(dict.fromkeys(str(entry.get("manager")) for entry in found))


def contest(o: Mapping[str, Any], path: Path) -> str:
    """Return who keeps a field otherwise than we want it, and what to do; without a path the whole object goes."""
    if not path:
        return "is deleted each time it is written: find out who does it, in the API server's audit log"
    field = field_name(path)
    if found := others(o, path):
        return f"{field} is managed by {found[0]} too, which insists on its value: let one of the two decide"
    return f"{field} is not as it was written: an admission webhook changes it; exempt the object from it"


def _has(fields: Iterable[Mapping[str, Any]], path: Path) -> bool:
    """Return whether one of the sets of fields has the path; of a list any item counts, since keys name them."""
    for step in path:
        fields = [child for each in fields for child in _children(each, step)]
    return any(True for _ in fields)


def _children(fields: Mapping[str, Any], step: str | int) -> list[Mapping[str, Any]]:
    if isinstance(step, int):
        return [child for key, child in fields.items() if key[:2] in ("k:", "v:", "i:")]
    return [fields[f"f:{step}"]] if f"f:{step}" in fields else []
