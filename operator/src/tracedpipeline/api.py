"""The TracedPipeline resource as frozen types: the one source of its CRD, its defaults and its limits."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from tracedpipeline.quantities import Duration, PositiveDuration, Quantity

GROUP = "tracedpipeline.dev"
VERSION = "v1alpha1"
KIND = "TracedPipeline"
PLURAL = "tracedpipelines"
SHORT_NAME = "tp"
API_VERSION = f"{GROUP}/{VERSION}"

# The longest derived name is <name>-collector-config, and a name is at most 63 characters.
NAME_LIMIT = 63 - len("-collector-config")

TOPIC_PATTERN = r"^[a-zA-Z0-9._-]+$"
Topic = Annotated[str, Field(pattern=TOPIC_PATTERN, min_length=1, max_length=249)]
Image = Annotated[str, Field(min_length=1, max_length=512)]
SecretName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]


def rules(*pairs: tuple[str, str]) -> dict[str, Any]:
    """Return CEL rules with their messages, as the CRD carries them."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in pairs]}


class Part(BaseModel):
    """A part of the resource: immutable, camelCase outside, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class KafkaCluster(Part):
    """A Kafka cluster run by Strimzi."""

    name: str = Field(description="Name of the Strimzi Kafka resource in this namespace.", min_length=1, max_length=63)


class Security(Part):
    """How clients authenticate to `bootstrapServers` and whom they trust."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!self.protocol.startsWith('SASL_') || (has(self.mechanism) && has(self.credentialsSecret))",
                "a SASL protocol needs mechanism and credentialsSecret",
            ),
            (
                "self.protocol.startsWith('SASL_') || (!has(self.mechanism) && !has(self.credentialsSecret))",
                "mechanism and credentialsSecret belong to a SASL protocol; remove them or choose SASL_SSL",
            ),
            ("self.protocol.endsWith('SSL') || !has(self.caSecret)", "caSecret belongs to SSL or SASL_SSL"),
        )
    )

    protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="Kafka's security.protocol."
    )
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        default=None, description="Kafka's sasl.mechanism, for the SASL protocols."
    )
    credentials_secret: SecretName | None = Field(
        default=None, description="Secret in this namespace with the keys `username` and `password`."
    )
    ca_secret: SecretName | None = Field(
        default=None,
        description="Secret in this namespace with the key `ca.crt`: who signed the brokers' certificates.",
    )


class TopicSpec(Part):
    """The topic that the messages travel through."""

    name: Topic = Field(default="traced-topic", description="Name of the topic. Can be changed only while paused.")
    partitions: int = Field(default=3, ge=1, le=10_000, description="Partitions; can grow, never shrink.")
    replicas: int = Field(
        default=1, ge=1, le=32, description="Copies of each partition, used when the topic is created."
    )
    retention: PositiveDuration = Field(
        default="24h", description="How long records are kept; used when it is created."
    )
    create: bool = Field(
        default=True, description="Create the topic, and the dead-letter topic, where they are missing."
    )


class KafkaSpec(Part):
    """Which Kafka, which topic."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.cluster) != has(self.bootstrapServers)",
                "name exactly one Kafka: either cluster (Strimzi) or bootstrapServers",
            ),
            ("!has(self.security) || has(self.bootstrapServers)", "security belongs to bootstrapServers"),
            (
                "!has(self.deadLetterTopic) || self.deadLetterTopic != self.topic.name",
                "deadLetterTopic must differ from topic.name",
            ),
        )
    )

    cluster: KafkaCluster | None = Field(default=None, description="A Kafka cluster run by Strimzi in this namespace.")
    bootstrap_servers: str | None = Field(
        default=None,
        description="Comma-separated host:port of any Kafka, such as kafka.kafka.svc:9092.",
        pattern=r"^[^\s,:]+:[0-9]{1,5}(,[^\s,:]+:[0-9]{1,5})*$",
        max_length=2048,
    )
    security: Security | None = Field(default=None, description="Authentication and trust; plain text without it.")
    topic: TopicSpec = Field(default=TopicSpec(), description="The topic that the messages travel through.")
    dead_letter_topic: Topic | None = Field(
        default=None,
        description="Where the consumer puts messages that it cannot read; `<topic>.dlq` when not given.",
    )


class EnvironmentVariable(Part):
    """An additional environment variable of a container."""

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=256, description="Name of the variable.")
    value: str = Field(max_length=4096, description="Its value; secrets do not belong here.")


class Amounts(Part):
    """Processor and memory."""

    cpu: Quantity | None = Field(default=None, description="Processor, such as 100m.")
    memory: Quantity | None = Field(default=None, description="Memory, such as 128Mi.")


class Resources(Part):
    """Resources of a container, as in a pod; what is not given keeps the kit's own value."""

    requests: Amounts = Field(default=Amounts(), description="What the scheduler sets aside.")
    limits: Amounts = Field(default=Amounts(), description="What the container may use at most.")


class Workload(Part):
    """What producer and consumer have in common."""

    replicas: int = Field(default=1, ge=1, le=1000, description="Number of pods.")
    image: Image | None = Field(default=None, description="Your own image; it gets the same environment.")
    env: tuple[EnvironmentVariable, ...] = Field(
        default=(), max_length=64, description="Additional environment variables, for your own image."
    )
    resources: Resources = Field(default=Resources(), description="Processor and memory of the container.")


class ProducerSpec(Workload):
    """The producer of order events."""

    rate_per_second: float = Field(
        default=10, gt=0, le=1_000_000, description="Messages a second, of each replica; may be below 1."
    )
    message_bytes: int = Field(default=256, ge=128, le=1_000_000, description="About the size of a message's value.")


class ConsumerSpec(Workload):
    """The consumer of order events."""

    engine: Literal["Python"] = Field(default="Python", description="What runs the consumer.")
    group_id: str = Field(
        default="trace-group",
        min_length=1,
        max_length=249,
        description="Consumer group. Can be changed only while paused.",
    )
    processing_time: Duration = Field(default="20ms", description="How long the demo works on a message.")


class TracingSpec(Part):
    """How much is traced."""

    sampling_ratio: float = Field(default=1.0, ge=0, le=1, description="Share of the messages whose traces are kept.")


class CollectorSpec(Part):
    """The OpenTelemetry Collector."""

    replicas: int = Field(default=1, ge=1, le=100, description="Number of pods.")
    resources: Resources = Field(default=Resources(), description="Processor and memory of the container.")


class JaegerSpec(Part):
    """Jaeger, which keeps its traces in memory."""

    resources: Resources = Field(default=Resources(), description="Processor and memory of the container.")


class Spec(Part):
    """What is wanted."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.paused || self.kafka.topic.name == oldSelf.kafka.topic.name",
                "kafka.topic.name cannot be changed while the pipeline runs: set paused: true along with it",
            ),
            (
                "self.paused || self.consumer.groupId == oldSelf.consumer.groupId",
                "consumer.groupId cannot be changed while the pipeline runs: set paused: true along with it",
            ),
            (
                "self.paused || self.consumer.engine == oldSelf.consumer.engine",
                "consumer.engine cannot be changed while the pipeline runs: set paused: true along with it",
            ),
        )
    )

    paused: bool = Field(default=False, description="While true nothing is changed in the cluster; status says Paused.")
    kafka: KafkaSpec = Field(description="Which Kafka, which topic.")
    producer: ProducerSpec = Field(default=ProducerSpec(), description="The producer of order events.")
    consumer: ConsumerSpec = Field(default=ConsumerSpec(), description="The consumer of order events.")
    tracing: TracingSpec = Field(default=TracingSpec(), description="How much is traced.")
    collector: CollectorSpec = Field(default=CollectorSpec(), description="The OpenTelemetry Collector.")
    jaeger: JaegerSpec = Field(default=JaegerSpec(), description="Jaeger, which keeps its traces in memory.")

    @property
    def dead_letter_topic(self) -> str:
        """The dead-letter topic's name, given or derived."""
        return self.kafka.dead_letter_topic or f"{self.kafka.topic.name}.dlq"


class InvalidSpecError(Exception):
    """The resource cannot be understood; only its author can mend that, no retry helps."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{path}: {problem}" for path, problem in problems))


class TracedPipeline(Part):
    """A TracedPipeline as read from the API server."""

    name: str = Field(max_length=NAME_LIMIT)
    namespace: str
    uid: str
    generation: int
    created: str
    spec: Spec

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Self:
        """Return the typed resource; raises InvalidSpecError with the path of all that is wrong."""
        metadata = body.get("metadata", {})
        try:
            return cls(
                name=metadata.get("name", ""),
                namespace=metadata.get("namespace", "default"),
                uid=metadata.get("uid", ""),
                generation=metadata.get("generation", 0),
                created=metadata.get("creationTimestamp", ""),
                spec=body.get("spec") or {},  # type: ignore[arg-type]  # pydantic makes the Spec
            )
        except ValidationError as error:
            raise InvalidSpecError([_problem(detail) for detail in error.errors()]) from None


def _problem(detail: Any) -> tuple[str, str]:
    path = ".".join(to_camel(str(step)) for step in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return path, "unknown field; remove it or mend its spelling"
    return path, f"{detail['msg'][0].lower()}{detail['msg'][1:]} (got {detail['input']!r})"
