"""Producer and consumer as programs of this machine: the environment of their pods, with other addresses. Pure."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.local import container

LOOPBACK = "127.0.0.1"
# A pod's Collector has nowhere to send metrics to; here they are counted, often enough to be looked at.
METRICS = {"OTEL_METRICS_EXPORTER": "otlp", "OTEL_METRIC_EXPORT_INTERVAL": "5000"}
_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@dataclass(frozen=True)
class Machine:
    """What stands here for what a pod has.

    `host` is its name, `collector` where it takes OTLP, `files` the folder with a folder for each Secret and ConfigMap,
    `value` returns one of their keys, `free_port` a port that nobody listens at.
    """

    host: str
    collector: str
    files: str
    value: Callable[[str, str], str]
    free_port: Callable[[], int]


@dataclass(frozen=True)
class Program:
    """What stands for one pod: its name, its component, its container's environment, how long it may drain."""

    name: str
    component: str
    variables: Mapping[str, str]
    grace_seconds: float


def programs(pipeline: TracedPipeline, objects: Sequence[container.Object], machine: Machine) -> list[Program]:
    """Return a program for each replica of the rendered Deployments of producer and consumer."""
    deployments = {each["metadata"]["name"]: each for each in objects if each["kind"] == "Deployment"}
    found = []
    for component in naming.KAFKA_CLIENTS:
        deployment = deployments[naming.component(pipeline.name, component)]
        for index in range(deployment["spec"]["replicas"]):
            pod = deployment["spec"]["template"]["spec"]
            variables = _variables(pipeline, component, pod, f"{pipeline.name}-{component}-{index}", machine)
            found.append(Program(variables["POD_NAME"], component, variables, pod["terminationGracePeriodSeconds"]))
    return found


def _variables(
    pipeline: TracedPipeline, component: str, pod: Mapping[str, Any], name: str, machine: Machine
) -> dict[str, str]:
    """Return the environment of the pod's container with this machine's addresses and paths in place of the pod's."""
    fields = {"metadata.name": name, "spec.nodeName": machine.host, "status.hostIP": LOOPBACK}
    own = {variable.name for variable in getattr(pipeline.spec, component).env}
    addresses = {name: value for name, value in _addresses(machine, own).items() if name not in own}
    given = [*container.variables(pod), *({"name": name, "value": value} for name, value in addresses.items())]
    moved = _moved(given, container.folders(pod, machine.files))
    return container.environment(moved, fields, machine.value)


def _addresses(machine: Machine, own: Container[str]) -> dict[str, str]:
    health = {"HEALTH_HOST": LOOPBACK, "HEALTH_PORT": str(machine.free_port())}
    # Who names a Collector in `env` has a place for metrics, or has none.
    return health if _ENDPOINT in own else health | {_ENDPOINT: machine.collector, **METRICS}


def _moved(given: Sequence[container.Object], folders: Mapping[str, str]) -> list[container.Object]:
    """Return the variables, each once and the last value of it, with this machine's folders in place of the pod's."""
    by_name = {variable["name"]: variable for variable in given}
    for name, variable in by_name.items():
        value = variable.get("value", "")
        for folder, here in folders.items():
            if value == folder or value.startswith(f"{folder}/"):
                by_name[name] = {**variable, "value": here + value.removeprefix(folder)}
    return list(by_name.values())
