"""What runs: what producer and consumer have in common, producer, Collector and Jaeger."""

from typing import Annotated, ClassVar

from pydantic import Field, StrictFloat, StrictInt

from tracedpipeline.api.amounts import Resources
from tracedpipeline.api.names import Image, ObjectName
from tracedpipeline.api.rules import Obeys, Rule, SpecModel, Text, matches

# By these producer, consumer, Kafka, Collector and status find each other; env may replace all else that the kit sets.
WIRING = (
    "KAFKA_BOOTSTRAP_SERVERS",
    "KAFKA_SECURITY_PROTOCOL",
    "KAFKA_SASL_MECHANISM",
    "KAFKA_SASL_CREDENTIALS_DIR",
    "KAFKA_SASL_USERNAME",
    "KAFKA_SASL_ALLOW_PLAINTEXT_PASSWORD",
    "KAFKA_SSL_CA_FILE",
    "KAFKA_SSL_CERTIFICATE_FILE",
    "KAFKA_SSL_KEY_FILE",
    "KAFKA_TOPIC",
    "KAFKA_GROUP_ID",
    "KAFKA_DEAD_LETTER_TOPIC",
    "KAFKA_RESULTS_TOPIC",
    "KAFKATRACE_CLUSTER_NAME",
    "OTEL_SERVICE_NAME",
    "HEALTH_PORT",
    "POD_NAME",
    "FLINK_JOBMANAGER_ADDRESS",
    "FLINK_PROPERTIES",
    "FLINK_PARALLELISM",
    "FLINK_STATE_DIR",
    "FLINK_PYTHON_MODE",
    "FLINK_TLS_STORE",
)

VariableName = Annotated[
    str,
    Text(
        matches(
            r"[A-Za-z_][A-Za-z0-9_]*", "a variable's name has letters, digits and underscores, and no digit in front"
        ),
        Rule(
            "!self.startsWith('LD_')",
            "LD_ variables tell the loader what to put into every process: build it into the image instead",
            lambda name: not name.startswith("LD_"),
        ),
        Rule(
            f"!(self in {list(WIRING)})",
            "this variable connects the pipeline's parts, and a field of the spec or the kit itself sets it: remove it",
            lambda name: name not in WIRING,
        ),
        max_length=256,
    ),
]
VariableValue = Annotated[
    str,
    Text(
        Rule(r"!self.matches(r'[\x00]')", "a variable cannot hold NUL: remove it", lambda value: "\0" not in value),
        max_length=4096,
    ),
]


Key = Annotated[
    str,
    Text(
        matches(r"[-._a-zA-Z0-9]+", "a key has only letters, digits, hyphens, dots and underscores"),
        max_length=253,
    ),
]


class KeyOf(SpecModel):
    """A key of a Secret or ConfigMap of this namespace."""

    name: ObjectName = Field(description="Name of the object.")
    key: Key = Field(description="Key in it; it must be there before the container can start.")


class ValueFrom(SpecModel):
    """Where a variable's value is."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.secretKeyRef) != has(self.configMapKeyRef)",
            "name one of secretKeyRef and configMapKeyRef",
            lambda spec: (spec.secret_key_ref is None) != (spec.config_map_key_ref is None),
        ),
    )

    secret_key_ref: KeyOf | None = Field(default=None, description="A key of a Secret.")
    config_map_key_ref: KeyOf | None = Field(default=None, description="A key of a ConfigMap.")


class EnvironmentVariable(SpecModel):
    """An additional environment variable of a container."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.value) != has(self.valueFrom)",
            "a variable has either value or valueFrom: give one of them",
            lambda spec: (spec.value is None) != (spec.value_from is None),
        ),
    )

    name: VariableName = Field(description="Name of the variable.")
    value: VariableValue | None = Field(default=None, description="Its value; for a secret one use valueFrom.")
    value_from: ValueFrom | None = Field(
        default=None, description="Where its value is; a change there reaches the pods when they are replaced."
    )


class Workload(SpecModel):
    """What producer and consumer have in common."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.env) || self.env.all(one, self.env.exists_one(other, other.name == one.name))",
            "env names a variable twice: keep one of them",
            lambda spec: len({variable.name for variable in spec.env}) == len(spec.env),
        ),
    )

    replicas: StrictInt = Field(default=1, ge=0, le=1000, description="Number of pods; 0 lets it rest.")
    image: Image | None = Field(default=None, description="Your own image; it gets the same environment.")
    env: tuple[EnvironmentVariable, ...] = Field(
        default=(),
        max_length=64,
        description="More environment variables; they win over the kit's own, except for those that connect the parts.",
    )
    resources: Resources = Field(default=Resources(), description="Processor and memory of the container.")


# No fraction is a bound in the schema: the API server cuts it off where it compares a whole number, and 0 would pass.
Rate = Annotated[
    StrictFloat,
    Field(gt=0, le=1_000_000),
    Obeys(Rule("self >= 0.001", "give at least 0.001, a message in a quarter of an hour", lambda rate: rate >= 0.001)),
]


class ProducerSpec(Workload):
    """The producer of order events."""

    rate_per_second: Rate = Field(default=10, description="Messages a second, of each replica; 0.001 at least.")
    message_bytes: StrictInt = Field(
        default=256, ge=128, le=1_000_000, description="About the size of a message's value."
    )


Ratio = Annotated[
    StrictFloat,
    Field(ge=0, le=1),
    Obeys(
        Rule(
            "self == 0.0 || self >= 0.000001",
            "give 0, or at least 0.000001: with less there would be years between two traces",
            lambda ratio: ratio == 0 or ratio >= 0.000001,
        )
    ),
]


class TracingSpec(SpecModel):
    """How much is traced."""

    sampling_ratio: Ratio = Field(
        default=1.0, description="Share of the messages whose traces are kept: 0, or 0.000001 to 1."
    )


class CollectorSpec(SpecModel):
    """The OpenTelemetry Collector."""

    replicas: StrictInt = Field(default=1, ge=1, le=100, description="Number of pods.")
    resources: Resources = Field(default=Resources(), description="Processor and memory of the container.")


class JaegerSpec(SpecModel):
    """Jaeger, which keeps its traces in memory."""

    resources: Resources = Field(default=Resources(), description="Processor and memory of the container.")
