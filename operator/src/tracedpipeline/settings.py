"""The operator's own settings, from its environment."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Final, Self

from tracedpipeline.api.names import IMAGE, IMAGE_ADVICE, LABEL

# The chart's values name the same images.
RELEASE: Final = metadata.version("tracedpipeline-operator")
LONGEST_INTERVAL: Final = 86_400.0
HIGHEST_PORT: Final = 65_535


class SettingsError(Exception):
    """The operator's environment is not what it needs; its Deployment must be fixed."""


@dataclass(frozen=True)
class Images:
    """The images of the components; those of this release where the Deployment names no others."""

    producer: str = f"tracedpipeline/producer:{RELEASE}"
    consumer: str = f"tracedpipeline/consumer:{RELEASE}"
    flink_consumer: str = f"tracedpipeline/flink-consumer:{RELEASE}"
    collector: str = "otel/opentelemetry-collector-contrib:0.155.0"
    jaeger: str = "jaegertracing/jaeger:2.13.0"


@dataclass(frozen=True)
class Pods:
    """Some pods of the cluster, by namespace and labels."""

    namespace: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Settings:
    """What the operator is told by its Deployment.

    `namespaces` empty means all. Intervals are in seconds. `flink_role` is the kind and the name of the role that the
    JobManager of a FlinkDeployment is bound to. `operator` is the operator's own pod; None outside of a cluster.
    Metrics are served where there is a port for them. `lease` is namespace and name of the Lease that says which
    operator writes, `pod` the name of our own, where it is known.
    """

    images: Images
    namespaces: tuple[str, ...] = ()
    resync_seconds: float = 60.0
    probe_interval_seconds: float = 15.0
    jaeger_url: str | None = None
    flink_role: tuple[str, str] = ("ClusterRole", "tracedpipeline-operator-flink")
    operator: Pods | None = None
    metrics_port: int | None = None
    lease: tuple[str, str] | None = None
    pod: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings; raises SettingsError that names every variable which is wrong."""
        reader = _Reader(environment)
        images = Images(
            producer=reader.image("PRODUCER_IMAGE", Images.producer),
            consumer=reader.image("CONSUMER_IMAGE", Images.consumer),
            flink_consumer=reader.image("FLINK_CONSUMER_IMAGE", Images.flink_consumer),
            collector=reader.image("COLLECTOR_IMAGE", Images.collector),
            jaeger=reader.image("JAEGER_IMAGE", Images.jaeger),
        )
        settings = cls(
            images=images,
            namespaces=reader.namespaces("WATCH_NAMESPACES"),
            resync_seconds=reader.seconds("RESYNC_SECONDS", cls.resync_seconds),
            probe_interval_seconds=reader.seconds("PROBE_INTERVAL_SECONDS", cls.probe_interval_seconds),
            jaeger_url=environment.get("JAEGER_URL"),
            flink_role=reader.role("FLINK_ROLE", cls.flink_role),
            operator=reader.pods("OPERATOR_NAMESPACE", "OPERATOR_LABELS"),
            metrics_port=reader.port("METRICS_PORT"),
            lease=reader.lease("OPERATOR_LEASE"),
            pod=environment.get("OPERATOR_POD"),
        )
        if reader.problems:
            raise SettingsError("; ".join(reader.problems))
        return settings


class _Reader:
    """Reads variables and keeps what is wrong with them; why not pydantic-settings: ADR 20."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[str] = []

    def image(self, name: str, default: str) -> str:
        value = self.environment.get(name, default)
        if not re.fullmatch(IMAGE, value):
            self.problems.append(f"{name} is {value!r}: {IMAGE_ADVICE}")
        return value

    def namespaces(self, name: str) -> tuple[str, ...]:
        given = tuple(n.strip() for n in self.environment.get(name, "").split(",") if n.strip())
        if wrong := [one for one in given if not re.fullmatch(LABEL, one)]:
            self.problems.append(f"{name} has {wrong[0]!r}: give names of namespaces, separated by commas")
        return given

    def role(self, name: str, default: tuple[str, str]) -> tuple[str, str]:
        text = self.environment.get(name)
        if text is None:
            return default
        kind, _, role = text.partition("/")
        if kind not in ("Role", "ClusterRole") or not role:
            self.problems.append(f"{name} is {text!r}: give Role/name or ClusterRole/name")
        return kind, role

    def pods(self, namespace: str, labels: str) -> Pods | None:
        where = self.environment.get(namespace)
        if not where:
            return None
        pairs = [pair.partition("=") for pair in self.environment.get(labels, "").split(",")]
        if not all(key and value for key, _, value in pairs):
            self.problems.append(f"{labels} is {self.environment.get(labels, '')!r}: give key=value,key=value")
        return Pods(where, {key: value for key, _, value in pairs})

    def lease(self, name: str) -> tuple[str, str] | None:
        text = self.environment.get(name)
        if text is None:
            return None
        namespace, _, lease = text.partition("/")
        if not (re.fullmatch(LABEL, namespace) and re.fullmatch(LABEL, lease)):
            self.problems.append(f"{name} is {text!r}: give the Lease as namespace/name")
        return namespace, lease

    def port(self, name: str) -> int | None:
        text = self.environment.get(name)
        if text is None:
            return None
        if not (text.isdecimal() and 0 < int(text) <= HIGHEST_PORT):
            self.problems.append(f"{name} is {text!r}: give a port, 1 to {HIGHEST_PORT}")
            return None
        return int(text)

    def seconds(self, name: str, default: float) -> float:
        text = self.environment.get(name)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if not (math.isfinite(value) and 0 < value <= LONGEST_INTERVAL):
            self.problems.append(f"{name} is {text!r}: give a positive number of seconds, at most a day's")
        return value
