"""A Kafka cluster run by Strimzi: one that is there, or one to be made."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool, StrictInt

from tracedpipeline.api.amounts import Resources, VolumeSize
from tracedpipeline.api.names import LABEL_LIMIT, Label, ObjectName
from tracedpipeline.api.rules import Rule, SpecModel, Text, matches

# Strimzi names a Service <name>-kafka-bootstrap, and a Service's name is at most 63 characters.
_NAME_LIMIT = LABEL_LIMIT - len("-kafka-bootstrap")
ListenerName = Annotated[str, Text(matches(r"[a-z0-9]+", "a listener's name has only a-z and 0-9"), max_length=25)]
Version = Annotated[
    str, Text(matches(r"[0-9]+\.[0-9]+\.[0-9]+", "write Kafka's version in full, such as 4.3.1"), max_length=32)
]

_OF_CREATE = ("replicas", "version", "storage", "resources")
_REPLICAS = "(has({0}.replicas) ? {0}.replicas : 1)"


def _given(spec: "KafkaCluster") -> bool:
    return any(getattr(spec, field) is not None for field in _OF_CREATE)


class ClusterStorage(SpecModel):
    """Where the brokers of a cluster to be made keep their data."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.type == 'persistent' || !(has(self.size) || has(self.storageClassName))",
            "size and storageClassName belong to type persistent: choose it, or remove them",
            lambda spec: spec.type == "persistent" or not (spec.size or spec.storage_class_name),
        ),
        Rule(
            "self.type != 'persistent' || has(self.size)",
            "type persistent needs a size, of each broker",
            lambda spec: spec.type != "persistent" or bool(spec.size),
        ),
    )

    type: Literal["ephemeral", "persistent"] = Field(
        default="ephemeral", description="An ephemeral broker's data goes with its pod."
    )
    size: VolumeSize | None = Field(default=None, description="Size of each broker's volume.")
    storage_class_name: ObjectName | None = Field(
        default=None, description="Storage class of the volumes; the cluster's default without it."
    )


class KafkaCluster(SpecModel):
    """A Kafka cluster run by Strimzi, in the pipeline's namespace unless another is named."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            f"self.create || !({' || '.join(f'has(self.{field})' for field in _OF_CREATE)})",
            f"{', '.join(_OF_CREATE)} belong to create: true; a cluster that is there is used as it is",
            lambda spec: spec.create or not _given(spec),
        ),
        Rule(
            "!self.create || !has(self.__namespace__)",
            "create makes the cluster in the pipeline's namespace: remove namespace",
            lambda spec: not (spec.create and spec.namespace),
        ),
        Rule(
            f"!self.create || size(self.name) <= {_NAME_LIMIT}",
            f"name must be at most {_NAME_LIMIT} characters to be created: Services are named after it",
            lambda spec: not spec.create or len(spec.name) <= _NAME_LIMIT,
        ),
        Rule(
            "self.name == oldSelf.name && has(self.__namespace__) == has(oldSelf.__namespace__) && "
            "(!has(self.__namespace__) || self.__namespace__ == oldSelf.__namespace__)",
            "name and namespace cannot be changed: topics and their data would stay behind; make another pipeline",
        ),
        Rule(
            "!self.create || !oldSelf.create || "
            f"({_REPLICAS.format('self')} == 1) == ({_REPLICAS.format('oldSelf')} == 1)",
            "replicas cannot be changed from 1 or to 1: the controllers' data would be lost",
        ),
        Rule(
            "!self.create || !oldSelf.create || (has(self.storage) ? self.storage.type : 'ephemeral') == "
            "(has(oldSelf.storage) ? oldSelf.storage.type : 'ephemeral')",
            "storage.type cannot be changed: the brokers' data would be lost",
        ),
    )

    name: Label = Field(description="Name of Strimzi's Kafka resource.")
    namespace: Label | None = Field(
        default=None,
        description="Its namespace, where it is another; only for a listener that asks for no authentication.",
    )
    listener: ListenerName | None = Field(
        default=None,
        description=(
            "Name of the listener to use. Without it the first internal one that has TLS and authentication, else the "
            "first with TLS, else the first."
        ),
    )
    create: StrictBool = Field(
        default=False, description="Make the cluster; one of that name which is not the pipeline's is never touched."
    )
    replicas: StrictInt | None = Field(default=None, ge=1, le=99, description="Brokers of a new cluster; 1 without it.")
    version: Version | None = Field(
        default=None, description="Kafka's version of a new cluster; Strimzi's default without it."
    )
    storage: ClusterStorage | None = Field(
        default=None, description="Where a new cluster's brokers keep their data; ephemeral without it."
    )
    resources: Resources | None = Field(default=None, description="Processor and memory of each broker.")
