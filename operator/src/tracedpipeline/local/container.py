"""A container's environment as the kubelet makes it of a pod's specification. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Object = Mapping[str, Any]

_REFERENCE = re.compile(r"\$(?:\$|\(([^)]*)\))")


def variables(pod: Object) -> Sequence[Object]:
    """Return the variables of the pod's only container as the specification has them."""
    found: Sequence[Object] = pod["containers"][0]["env"]
    return found


def environment(
    variables: Iterable[Object], fields: Mapping[str, str], value: Callable[[str, str], str]
) -> dict[str, str]:
    """Return the value of each variable, with the references to those before it replaced.

    `fields` are those of the pod itself, `value` returns what a Secret or ConfigMap of a name has at a key.
    """
    found: dict[str, str] = {}
    for variable in variables:
        if source := variable.get("valueFrom"):
            found[variable["name"]] = _looked_up(source, fields, value)
        else:
            found[variable["name"]] = _expanded(variable.get("value", ""), found)
    return found


def _looked_up(source: Object, fields: Mapping[str, str], value: Callable[[str, str], str]) -> str:
    if "fieldRef" in source:
        return fields[source["fieldRef"]["fieldPath"]]
    (reference,) = source.values()
    return value(reference["name"], reference["key"])


def _expanded(text: str, known: Mapping[str, str]) -> str:
    """Replace `$(NAME)` where that is known, and `$$` by `$`."""

    def replacement(found: re.Match[str]) -> str:
        return "$" if found[1] is None else known.get(found[1], found[0])

    return _REFERENCE.sub(replacement, text)


def folders(pod: Object, files: str) -> dict[str, str]:
    """Return where the container finds each Secret, with the folder of that Secret below `files`."""
    secrets = {volume["name"]: volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
    mounts = pod["containers"][0]["volumeMounts"]
    return {mount["mountPath"]: f"{files}/{secrets[mount['name']]}" for mount in mounts if mount["name"] in secrets}
