"""The TracedPipelines of a file, and what is wrong with those that cannot be read. Pure."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracedpipeline.api import API_VERSION, GROUP, KIND, InvalidSpecError, TracedPipeline
from tracedpipeline.manifests.yaml_documents import DocumentError, documents

_FIELDS = {"apiVersion", "kind", "metadata", "spec", "status"}
# Of Kubernetes' ObjectMeta.
_METADATA = {
    *("name", "generateName", "namespace", "uid", "generation", "resourceVersion", "selfLink", "labels", "annotations"),
    *("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "finalizers", "ownerReferences"),
    "managedFields",
}
_UNKNOWN = "unknown field; remove it or fix its spelling"
_LONGEST = 80


@dataclass
class Manifests:
    """What a file has: pipelines, other resources by kind and name, and what is wrong, one sentence each."""

    pipelines: list[TracedPipeline] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read(content: bytes) -> Manifests:
    """Return what the text of a file has; a file without any TracedPipeline is a problem, too."""
    found = Manifests()
    try:
        for where, body in _resources(documents(content)):
            _take(found, where, body)
    except DocumentError as error:
        return Manifests(problems=[str(error)])
    if not found.pipelines and not found.problems:
        there = f"it has {', '.join(found.others[:5])}" if found.others else "it is empty"
        found.problems.append(f"has no {KIND}: {there}")
    return found


def _resources(found: list[Any]) -> Iterator[tuple[str, Any]]:
    """Yield each resource with where it is; those of a List one by one."""
    for number, body in enumerate(found, 1):
        where = f"document {number}: " if len(found) > 1 else ""
        items = body.get("items") if isinstance(body, Mapping) and body.get("kind") in ("List", f"{KIND}List") else None
        if isinstance(items, list):
            yield from ((f"{where}items[{index}]: ", item) for index, item in enumerate(items))
        elif body is not None:
            yield where, body


def _take(found: Manifests, where: str, body: Any) -> None:
    if problem := _not_ours(body):
        found.problems.append(where + problem)
    elif body["kind"] != KIND:
        found.others.append(f"{body['kind'][:_LONGEST]} {_name(body)}".strip())
    else:
        _parse(found, where, body)


def _not_ours(body: Any) -> str | None:
    """Return why this is no resource, or one of ours by a wrong name."""
    if not isinstance(body, Mapping):
        return f"is {_kind_of(body)}, not a resource with apiVersion, kind, metadata and spec"
    kind, version = body.get("kind"), body.get("apiVersion")
    if not isinstance(kind, str) or not kind:
        return f"has no kind: write kind: {KIND}"
    if kind in ("List", f"{KIND}List"):
        return f"is a {kind} whose items are no list"
    group = version.partition("/")[0] if isinstance(version, str) else ""
    if kind != KIND and (group == GROUP or _alike(kind)):
        return f"kind is {kind[:_LONGEST]!r}: write {KIND}"
    if kind == KIND and version != API_VERSION:
        given = f"is {version[:_LONGEST]!r}" if isinstance(version, str) else "is missing"
        return f"{_name(body)}: apiVersion {given}: write {API_VERSION}".removeprefix(": ")
    return None


def _alike(kind: str) -> bool:
    return bool(difflib.get_close_matches(kind[:_LONGEST].casefold(), [KIND.casefold()], cutoff=0.8))


def _kind_of(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "a value")


def _name(body: Mapping[str, Any]) -> str:
    metadata = body.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return name[:_LONGEST] if isinstance(name, str) else ""


def _parse(found: Manifests, where: str, body: Mapping[str, Any]) -> None:
    name = _name(body)
    where += f"{name}: " if name else ""
    try:
        if wrong := list(_odd_keys(body)):
            raise InvalidSpecError(wrong)
        pipeline = TracedPipeline.parse(body)
    except InvalidSpecError as error:
        found.problems.append(f"{where}{error}")
        return
    if any((other.namespace, other.name) == (pipeline.namespace, pipeline.name) for other in found.pipelines):
        found.problems.append(f"{where}there are two of this name: keep one of them")
    found.pipelines.append(pipeline)


def _odd_keys(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what kubectl refuses as well, and the types of the spec do not see."""
    if texts := list(_not_text(body, "")):
        yield from texts
        return
    yield from ((key[:_LONGEST], _UNKNOWN) for key in body if key not in _FIELDS)
    metadata = body.get("metadata")
    if not isinstance(metadata, Mapping):
        return
    yield from ((f"metadata.{key[:_LONGEST]}", _UNKNOWN) for key in metadata if key not in _METADATA)
    for part in ("labels", "annotations"):
        pairs = metadata.get(part) or {}
        if not isinstance(pairs, Mapping) or not all(isinstance(value, str) for value in pairs.values()):
            yield f"metadata.{part}", "should be texts by name: put each value in quotes"


def _not_text(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield the keys that are no texts, such as `on` and `1`."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _not_text(item, f"{path}[{index}]")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, str):
                yield from _not_text(item, f"{path}.{key[:_LONGEST]}".removeprefix("."))
            else:
                yield path or "the resource", f"key {str(key)[:_LONGEST]} is no text: put it in quotes"
