"""Variables that a user gives to a container."""

from typing import Annotated, ClassVar

from pydantic import Field

from tracedpipeline.api.names import ObjectName
from tracedpipeline.api.rules import Rule, SpecModel, Text, matches

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
    "HEALTH_HOST",
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
