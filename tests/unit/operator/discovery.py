"""What an API server tells of the kinds that it knows, which kopf asks before it watches any."""

from typing import Any

from tracedpipeline import api
from tracedpipeline.kubernetes_api.kinds import WATCHED

KINDS = {
    (api.API_VERSION, api.PLURAL): api.KIND,
    **{(kind.api_version, kind.plural): kind.name for kind in WATCHED},
    ("events.k8s.io/v1", "events"): "Event",
    ("v1", "namespaces"): "Namespace",
    ("apiextensions.k8s.io/v1", "customresourcedefinitions"): "CustomResourceDefinition",
}
CLUSTER_WIDE = ("Namespace", "CustomResourceDefinition")


def document(path: str) -> dict[str, Any] | None:
    """Return the document at one of the paths that tell of groups, versions and kinds."""
    versions = {version for version, _ in KINDS}
    if path == "/api":
        return {"versions": ["v1"]}
    if path == "/apis":
        return {"groups": [_group(version) for version in versions if "/" in version]}
    version = path.removeprefix("/apis/").removeprefix("/api/")
    if version not in versions:
        return None
    return {"resources": [_resource(plural, kind) for (of, plural), kind in KINDS.items() if of == version]}


def equal_labels(selector: str) -> dict[str, str]:
    """Return what a label selector wants to be equal; sets are not looked at."""
    pairs = (pair.partition("=") for pair in selector.split(","))
    return {key: value for key, equal, value in pairs if equal}


def _group(api_version: str) -> dict[str, Any]:
    group, _, version = api_version.partition("/")
    listed = {"groupVersion": api_version, "version": version}
    return {"name": group, "versions": [listed], "preferredVersion": listed}


def _resource(plural: str, kind: str) -> dict[str, Any]:
    verbs = ["get", "list", "watch", "patch"]
    return {"name": plural, "kind": kind, "singularName": "", "namespaced": kind not in CLUSTER_WIDE, "verbs": verbs}
