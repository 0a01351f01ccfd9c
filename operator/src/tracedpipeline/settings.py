"""The operator's own settings, from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


class SettingsError(Exception):
    """The operator's environment is not what it needs; its Deployment must be mended."""


@dataclass(frozen=True)
class Images:
    """The images of the components."""

    producer: str
    consumer: str
    flink_consumer: str
    collector: str
    jaeger: str


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
    """

    images: Images
    namespaces: tuple[str, ...] = ()
    resync_seconds: float = 60.0
    probe_interval_seconds: float = 15.0
    jaeger_url: str | None = None
    flink_role: tuple[str, str] = ("ClusterRole", "tracedpipeline-operator-flink")
    operator: Pods | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings; raises SettingsError that names every variable which is missing or wrong."""
        reader = _Reader(environment)
        images = Images(
            producer=reader.text("PRODUCER_IMAGE"),
            consumer=reader.text("CONSUMER_IMAGE"),
            flink_consumer=reader.text("FLINK_CONSUMER_IMAGE"),
            collector=reader.text("COLLECTOR_IMAGE"),
            jaeger=reader.text("JAEGER_IMAGE"),
        )
        settings = cls(
            images=images,
            namespaces=tuple(n.strip() for n in environment.get("WATCH_NAMESPACES", "").split(",") if n.strip()),
            resync_seconds=reader.seconds("RESYNC_SECONDS", cls.resync_seconds),
            probe_interval_seconds=reader.seconds("PROBE_INTERVAL_SECONDS", cls.probe_interval_seconds),
            jaeger_url=environment.get("JAEGER_URL"),
            flink_role=reader.role("FLINK_ROLE", cls.flink_role),
            operator=reader.pods("OPERATOR_NAMESPACE", "OPERATOR_LABELS"),
        )
        if reader.problems:
            raise SettingsError("; ".join(reader.problems))
        return settings


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        value = self.environment.get(name, "")
        if not value:
            self.problems.append(f"{name} is not set: give the image's full reference")
        return value

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

    def seconds(self, name: str, default: float) -> float:
        text = self.environment.get(name)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if value <= 0:
            self.problems.append(f"{name} is {text!r}: give a positive number of seconds")
        return value
