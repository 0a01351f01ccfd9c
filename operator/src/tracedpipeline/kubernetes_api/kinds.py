"""The one table of the kinds of objects: what begins an object, paths, watches and the chart's rights follow it."""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Kind:
    """A kind of object, as the API server names it.

    `applied`: pipelines are made of it. `optional`: not every cluster knows it. `kept`: it may outlive the pipeline
    and then has our labels but no owner. `runs_pods`: it is deleted only once what takes its place could be written.
    `watched`: its events wake a reconcile.
    """

    name: str
    group: str
    plural: str
    version: str = "v1"
    applied: bool = True
    optional: bool = False
    kept: bool = False
    runs_pods: bool = False
    watched: bool = False

    @property
    def api_version(self) -> str:
        """Return what an object of this kind has as its `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str, name: str | None = None) -> str:
        """Return the path of a namespace's objects of this kind, or of one of them."""
        root = "apis" if self.group else "api"
        path = f"{root}/{self.api_version}/namespaces/{namespace}/{self.plural}"
        return path if name is None else f"{path}/{name}"


POD: Final = Kind("Pod", "", "pods", applied=False, watched=True)
# Read by name and never listed, so that nothing can prune them.
SECRET: Final = Kind("Secret", "", "secrets", applied=False)

_STRIMZI = "kafka.strimzi.io"

# Kopf ends the whole operator when a resource that it watches is no longer served: what is optional is not watched.
# A FlinkDeployment's pods wake a reconcile, and every look at a pipeline reads all kinds.
ALL: Final = (
    Kind("ServiceAccount", "", "serviceaccounts", watched=True),
    Kind("ConfigMap", "", "configmaps", watched=True),
    Kind("Service", "", "services", watched=True),
    Kind("PersistentVolumeClaim", "", "persistentvolumeclaims", watched=True),
    Kind("RoleBinding", "rbac.authorization.k8s.io", "rolebindings", watched=True),
    Kind("NetworkPolicy", "networking.k8s.io", "networkpolicies", watched=True),
    Kind("Deployment", "apps", "deployments", runs_pods=True, watched=True),
    Kind("FlinkDeployment", "flink.apache.org", "flinkdeployments", "v1beta1", optional=True, runs_pods=True),
    Kind("KafkaNodePool", _STRIMZI, "kafkanodepools", optional=True, kept=True),
    Kind("Kafka", _STRIMZI, "kafkas", optional=True, kept=True),
    Kind("KafkaTopic", _STRIMZI, "kafkatopics", optional=True, kept=True),
    Kind("KafkaUser", _STRIMZI, "kafkausers", optional=True),
    POD,
    SECRET,
)

_BY_NAME: Final = {kind.name: kind for kind in ALL}
# An object of a kind that is not here can be neither applied nor pruned.
APPLIED: Final = {kind.name: kind for kind in ALL if kind.applied}
WORKLOADS: Final = tuple(name for name, kind in APPLIED.items() if kind.runs_pods)
KEPT: Final = frozenset(name for name, kind in APPLIED.items() if kind.kept)
WATCHED: Final = tuple(kind for kind in ALL if kind.watched)


def type_meta(kind: str) -> dict[str, Any]:
    """Return apiVersion and kind of an object, by which the API server knows its type."""
    return {"apiVersion": _BY_NAME[kind].api_version, "kind": kind}
