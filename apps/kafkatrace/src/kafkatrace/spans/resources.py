"""Whose spans they are: the service's resource, and that of the Kafka cluster, to which queue spans belong."""

from collections.abc import Mapping
from typing import Final

from opentelemetry.sdk.resources import SERVICE_NAME, Resource

from kafkatrace.spans import semconv

_DEFAULT_CLUSTER: Final = "kafka"
# What says who the process is would be wrong of the cluster. Where it is would not: its clock measured the end of the
# wait. Jaeger takes spans without a host, or of two, for spans by two clocks, and warns of each that is not within its
# parent.
_OF_PROCESS: Final = ("service.", "process.", "telemetry.", "container.", "k8s.", "faas.", "webengine.")
_OF_PLACE: Final = ("k8s.namespace.", "k8s.cluster.", "k8s.node.")


def service(name: str | None, given: Resource | None) -> Resource:
    """Return the service's: the environment's, over it what was given, over that the name."""
    found = Resource.create().merge(given or Resource.get_empty())
    return found.merge(Resource({SERVICE_NAME: name})) if name else found


def cluster(of_service: Resource, variables: Mapping[str, str]) -> Resource:
    """Return the cluster's: a service name of its own, and the host and other surroundings of the service."""
    around = {key: value for key, value in of_service.attributes.items() if not _is_of_process(key)}
    name = variables.get("KAFKATRACE_CLUSTER_NAME") or _DEFAULT_CLUSTER
    return Resource({**around, SERVICE_NAME: name}, semconv.SCHEMA_URL)


def _is_of_process(key: str) -> bool:
    return key.startswith(_OF_PROCESS) and not key.startswith(_OF_PLACE)
