"""Whose spans they are: the service's resource, and that of the Kafka cluster, to which queue spans belong."""

import logging
from importlib.metadata import entry_points
from typing import Final

from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.util.types import AttributeValue

from kafkatrace.spans import semconv
from kafkatrace.variables import Variables

_logger = logging.getLogger(__name__)

_DEFAULT_CLUSTER: Final = "kafka"
# What says who the process is would be wrong of the cluster. Where it is would not: its clock measured the end of the
# wait. Jaeger takes spans without a host, or of two, for spans by two clocks, and warns of each that is not within its
# parent.
_OF_PROCESS: Final = ("service.", "process.", "telemetry.", "container.", "k8s.", "faas.", "webengine.")
_OF_PLACE: Final = ("k8s.namespace.", "k8s.cluster.", "k8s.node.")


def service(name: str | None, given: Resource | None, variables: Variables) -> Resource:
    """Return the service's: the environment's, over it what was given, over that the name."""
    found = _of_environment(variables).merge(given or Resource.get_empty())
    found = found.merge(Resource({SERVICE_NAME: name})) if name else found
    return Resource({key: _text(value) for key, value in found.attributes.items()}, found.schema_url)


def cluster(of_service: Resource, variables: Variables) -> Resource:
    """Return the cluster's: a service name of its own, and the host and other surroundings of the service."""
    around = {key: value for key, value in of_service.attributes.items() if not _is_of_process(key)}
    name = variables.text("KAFKATRACE_CLUSTER_NAME") or _DEFAULT_CLUSTER
    return Resource({**around, SERVICE_NAME: _text(name)}, semconv.SCHEMA_URL)


def _of_environment(variables: Variables) -> Resource:
    name = "OTEL_RESOURCE_ATTRIBUTES"
    if not all("=" in pair for pair in variables.text(name).split(",") if pair):
        variables.refuse(name, "give name=value, separated by commas", "what is of that form")
    detectors = variables.names("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS")
    known = {each.name.lower() for each in entry_points(group="opentelemetry_resource_detector")} if detectors else ()
    if any(each not in known and each != "*" for each in detectors):
        variables.refuse("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "one of them is not installed", "the others")
    try:
        return Resource.create() if variables.readable else Resource.get_empty()
    except Exception as error:  # a detector of others
        _logger.warning("the resource could not be detected: %s", type(error).__name__)
        return Resource({SERVICE_NAME: "unknown_service"})


def _text(value: AttributeValue) -> AttributeValue:
    """Return a value that UTF-8 can hold: what cannot keeps all metrics from their export."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _is_of_process(key: str) -> bool:
    return key.startswith(_OF_PROCESS) and not key.startswith(_OF_PLACE)
