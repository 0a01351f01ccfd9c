"""Which Kafka, how to get in, which topic."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool, StrictInt

from tracedpipeline.api.rules import Part, Rule, Text, matches
from tracedpipeline.api.strimzi import KafkaCluster
from tracedpipeline.quantities import DURATION, milliseconds

# 1 to 65535.
_PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_SERVER = rf"[^\s,:]+:{_PORT}"

# Kafka's own limit, and what the names of derived topics add.
TOPIC_LIMIT = 249
DEAD_LETTER_SUFFIX = ".dlq"
RESULTS_SUFFIX = ".results"

_DURATION_RULE = matches(DURATION, "write a duration as numbers with units, such as 20ms, 1.5s, 24h or 1h30m")
PositiveDuration = Annotated[
    str,
    Text(
        _DURATION_RULE,
        Rule("self.matches(r'[1-9]')", "give a duration of at least 1ms", lambda text: milliseconds(text) > 0),
        max_length=32,
    ),
]


def duration_within(least: str, most: str, because: str) -> Text:
    """Return the annotation of a duration with a least and a greatest value."""
    compared = f"duration(self) >= duration('{least}') && duration(self) <= duration('{most}')"
    return Text(
        _DURATION_RULE,
        Rule(
            f"!self.matches(r'^{DURATION}$') || ({compared})",
            because,
            lambda text: milliseconds(least) <= milliseconds(text) <= milliseconds(most),
        ),
        max_length=32,
    )


LONGEST_PROCESSING = "1h"
ProcessingTime = Annotated[
    str,
    duration_within(
        "0ms",
        LONGEST_PROCESSING,
        f"at most {LONGEST_PROCESSING}: a group holds a consumer that works longer on a message for dead",
    ),
]


def _not_only_dots(topic: str) -> bool:
    return topic not in (".", "..")


Topic = Annotated[
    str,
    Text(
        matches(r"[a-zA-Z0-9._-]+", "a topic's name has only letters, digits, dots, underscores and hyphens"),
        Rule("!(self in ['.', '..'])", "Kafka keeps . and .. for itself: choose another name", _not_only_dots),
        max_length=TOPIC_LIMIT,
    ),
]
Servers = Annotated[
    str,
    Text(
        matches(
            rf"{_SERVER}(,{_SERVER})*",
            "write host:port, comma-separated where there are several, such as kafka.kafka.svc:9092; "
            "a port is 1 to 65535",
        ),
        max_length=2048,
    ),
]
SecretName = Annotated[
    str,
    Text(
        matches(
            r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?",
            "name a Secret of this namespace: lower-case letters, digits, hyphens and dots",
        ),
        max_length=253,
    ),
]


class Security(Part):
    """How clients authenticate to `bootstrapServers` and whom they trust."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!self.protocol.startsWith('SASL_') || (has(self.mechanism) && has(self.credentialsSecret))",
            "a SASL protocol needs mechanism and credentialsSecret: give both",
            lambda of: not of.sasl or bool(of.mechanism and of.credentials_secret),
        ),
        Rule(
            "self.protocol.startsWith('SASL_') || (!has(self.mechanism) && !has(self.credentialsSecret))",
            "mechanism and credentialsSecret belong to a SASL protocol: remove them or choose SASL_SSL",
            lambda of: of.sasl or not (of.mechanism or of.credentials_secret),
        ),
        Rule(
            "self.protocol.endsWith('SSL') || !has(self.caSecret)",
            "caSecret belongs to SSL or SASL_SSL: remove it or choose one of these protocols",
            lambda of: of.protocol.endswith("SSL") or not of.ca_secret,
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

    @property
    def sasl(self) -> bool:
        """Whether clients log in."""
        return self.protocol.startswith("SASL_")


class TopicSpec(Part):
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
    retention: PositiveDuration = Field(
        default="24h", description="How long records are kept; used when the topic is created."
    )
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


class KafkaSpec(Part):
    """Which Kafka, which topic."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.cluster) != has(self.bootstrapServers)",
            "name exactly one Kafka: either cluster (Strimzi) or bootstrapServers",
            lambda of: (of.cluster is None) != (of.bootstrap_servers is None),
        ),
        Rule(
            "!has(self.security) || has(self.bootstrapServers)",
            "security belongs to bootstrapServers: remove it",
            lambda of: of.security is None or of.bootstrap_servers is not None,
        ),
        Rule(
            "!has(self.topic.deletionPolicy) || self.topic.deletionPolicy != 'Delete' "
            "|| (has(self.cluster) && !has(self.cluster.__namespace__))",
            "topic.deletionPolicy Delete needs a cluster in this namespace: topics elsewhere are never deleted",
            lambda of: of.topic.deletion_policy != "Delete" or (of.cluster is not None and not of.cluster.namespace),
        ),
        Rule(
            "!has(self.deadLetterTopic) || self.deadLetterTopic != self.topic.name",
            "deadLetterTopic must differ from topic.name",
            lambda of: of.dead_letter_topic != of.topic.name,
        ),
        Rule(
            f"has(self.deadLetterTopic) || size(self.topic.name) <= {TOPIC_LIMIT - len(DEAD_LETTER_SUFFIX)}",
            f"topic.name with {DEAD_LETTER_SUFFIX} at its end is longer than Kafka's {TOPIC_LIMIT} characters: "
            "name a deadLetterTopic, or shorten topic.name",
            lambda of: bool(of.dead_letter_topic) or len(of.topic.name + DEAD_LETTER_SUFFIX) <= TOPIC_LIMIT,
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
