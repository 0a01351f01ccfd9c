"""Which Kafka, how to get in, which topic."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool, StrictInt

from tracedpipeline.api.durations import duration_within
from tracedpipeline.api.names import TOPIC_LIMIT, SecretName, Servers, Topic
from tracedpipeline.api.rules import Rule, SpecModel
from tracedpipeline.api.strimzi import KafkaCluster

# What the names of derived topics add.
DEAD_LETTER_SUFFIX = ".dlq"
RESULTS_SUFFIX = ".results"


def same_to_kafka(one: str | None, other: str | None) -> bool:
    """Return whether Kafka has room for one of these topics only: it takes dots and underscores for one another."""
    return one is not None and other is not None and one.replace(".", "_") == other.replace(".", "_")


def differs(one: str, other: str) -> str:
    """Return in CEL that Kafka has room for both topics."""
    return f"({one}).replace('.', '_') != ({other}).replace('.', '_')"


class Security(SpecModel):
    """How clients authenticate to `bootstrapServers` and whom they trust."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!self.protocol.startsWith('SASL_') || (has(self.mechanism) && has(self.credentialsSecret))",
            "a SASL protocol needs mechanism and credentialsSecret: give both",
            lambda spec: not spec.sasl or bool(spec.mechanism and spec.credentials_secret),
        ),
        Rule(
            "self.protocol.startsWith('SASL_') || (!has(self.mechanism) && !has(self.credentialsSecret))",
            "mechanism and credentialsSecret belong to a SASL protocol: remove them or choose SASL_SSL",
            lambda spec: spec.sasl or not (spec.mechanism or spec.credentials_secret),
        ),
        Rule(
            "self.protocol.endsWith('SSL') || !has(self.caSecret)",
            "caSecret belongs to SSL or SASL_SSL: remove it or choose one of these protocols",
            lambda spec: spec.protocol.endswith("SSL") or not spec.ca_secret,
        ),
        Rule(
            "self.protocol != 'SASL_PLAINTEXT' || !has(self.mechanism) || self.mechanism != 'PLAIN' "
            "|| self.allowPlaintextPassword",
            "SASL_PLAINTEXT with PLAIN shows the password to everyone on the way: choose SASL_SSL or a SCRAM "
            "mechanism, or set allowPlaintextPassword: true",
            lambda spec: (
                spec.allow_plaintext_password or (spec.protocol, spec.mechanism) != ("SASL_PLAINTEXT", "PLAIN")
            ),
        ),
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
    allow_plaintext_password: StrictBool = Field(
        default=False,
        description="Send the password unencrypted: SASL_PLAINTEXT with PLAIN, which is refused without it.",
    )

    @property
    def sasl(self) -> bool:
        """Whether clients log in."""
        return self.protocol.startswith("SASL_")


class TopicSpec(SpecModel):
    """The topic that the messages travel through."""

    name: Topic = Field(default="traced-topic", description="Name of the topic. Can be changed only while paused.")
    partitions: StrictInt = Field(
        default=3,
        ge=1,
        le=10_000,
        description="Partitions when the topic is created; a topic that has fewer is reported, never changed.",
    )
    replicas: StrictInt | None = Field(
        default=None,
        ge=1,
        le=32,
        description="Copies of each partition, used when the topic is created; the cluster's default without it.",
    )
    retention: Annotated[
        str, duration_within("1m", "87600h", "keep records for at least 1m, at most 87600h (ten years)")
    ] = Field(default="24h", description="How long records are kept; used when the topic is created.")
    create: StrictBool = Field(
        default=True, description="Create the topic, and the dead-letter topic, where they are missing."
    )
    deletion_policy: Literal["Retain", "Delete"] = Field(
        default="Retain",
        description=(
            "What happens to the topics, to the cluster that `create` made and so to the data when the pipeline is "
            "deleted. Delete is for a cluster of this namespace."
        ),
    )


class KafkaSpec(SpecModel):
    """Which Kafka, which topic."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.cluster) != has(self.bootstrapServers)",
            "name exactly one Kafka: either cluster (Strimzi) or bootstrapServers",
            lambda spec: (spec.cluster is None) != (spec.bootstrap_servers is None),
        ),
        Rule(
            "!has(self.security) || has(self.bootstrapServers)",
            "security belongs to bootstrapServers: remove it",
            lambda spec: spec.security is None or spec.bootstrap_servers is not None,
        ),
        Rule(
            "!has(self.topic.deletionPolicy) || self.topic.deletionPolicy != 'Delete' "
            "|| (has(self.cluster) && !has(self.cluster.__namespace__))",
            "topic.deletionPolicy Delete needs a cluster in this namespace: topics elsewhere are never deleted",
            lambda spec: (
                spec.topic.deletion_policy != "Delete" or (spec.cluster is not None and not spec.cluster.namespace)
            ),
        ),
        Rule(
            f"!has(self.deadLetterTopic) || {differs('self.deadLetterTopic', 'self.topic.name')}",
            "deadLetterTopic must differ from topic.name, by more than dots and underscores, which are one to Kafka",
            lambda spec: not same_to_kafka(spec.dead_letter_topic, spec.topic.name),
        ),
        Rule(
            f"has(self.deadLetterTopic) || size(self.topic.name) <= {TOPIC_LIMIT - len(DEAD_LETTER_SUFFIX)}",
            f"topic.name with {DEAD_LETTER_SUFFIX} at its end is longer than Kafka's {TOPIC_LIMIT} characters: "
            "name a deadLetterTopic, or shorten topic.name",
            lambda spec: bool(spec.dead_letter_topic) or len(spec.topic.name + DEAD_LETTER_SUFFIX) <= TOPIC_LIMIT,
        ),
    )

    cluster: KafkaCluster | None = Field(default=None, description="A Kafka cluster run by Strimzi.")
    bootstrap_servers: Servers | None = Field(
        default=None, description="Comma-separated host:port of any Kafka, such as kafka.kafka.svc:9092."
    )
    security: Security | None = Field(default=None, description="Authentication and trust; plain text without it.")
    topic: TopicSpec = Field(default=TopicSpec(), description="The topic that the messages travel through.")
    dead_letter_topic: Topic | None = Field(
        default=None,
        description="Where the consumer puts messages that it cannot read; `<topic>.dlq` when not given.",
    )
