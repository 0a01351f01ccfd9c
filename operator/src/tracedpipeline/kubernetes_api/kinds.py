"""The one table of the kinds of objects: what begins an object, paths, watches and the chart's rights follow it."""

from dataclasses import dataclass
from typing import Any, Final

from tracedpipeline import api


@dataclass(frozen=True)
class Kind:
    """A kind of object, as the API server names it.

    `applied`: pipelines are made of it. `optional`: not every cluster knows it. `kept`: it may outlive the pipeline
    and then has our labels but no owner. `runs_pods`: it is deleted only once what takes its place could be written.
    """

    name: str
    group: str
    plural: str
    version: str = "v1"
    applied: bool = True
    optional: bool = False
    kept: bool = False
    runs_pods: bool = False

    @property
    def api_version(self) -> str:
        """Return what an object of this kind has as its `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str, name: str | None = None) -> str:
        """Return the path of a namespace's objects of this kind, or of one of them; of all where it is empty."""
        root = "apis" if self.group else "api"
        within = f"namespaces/{namespace}/" if namespace else ""
        path = f"{root}/{self.api_version}/{within}{self.plural}"
        return path if name is None else f"{path}/{name}"


PIPELINE: Final = Kind(api.KIND, api.GROUP, api.PLURAL, api.VERSION, applied=False)
POD: Final = Kind("Pod", "", "pods", applied=False)
# Read by name and never listed, so that nothing can prune them.
SECRET: Final = Kind("Secret", "", "secrets", applied=False)
# The operator's own; no pipeline has one.
LEASE: Final = Kind("Lease", "coordination.k8s.io", "leases", applied=False)

_STRIMZI = "kafka.strimzi.io"

ALL: Final = (
    Kind("ServiceAccount", "", "serviceaccounts"),
    Kind("ConfigMap", "", "configmaps"),
    Kind("Service", "", "services"),
    Kind("PersistentVolumeClaim", "", "persistentvolumeclaims"),
    Kind("RoleBinding", "rbac.authorization.k8s.io", "rolebindings"),
    Kind("NetworkPolicy", "networking.k8s.io", "networkpolicies"),
    Kind("Deployment", "apps", "deployments", runs_pods=True),
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
# Those with our labels are kept in memory, and their events wake a reconcile.
WATCHED: Final = tuple(kind for kind in ALL if kind is not SECRET)


def type_meta(kind: str) -> dict[str, Any]:
    """Return apiVersion and kind of an object, by which the API server knows its type."""
    return {"apiVersion": _BY_NAME[kind].api_version, "kind": kind}
