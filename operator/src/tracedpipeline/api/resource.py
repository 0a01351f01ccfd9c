"""The whole resource."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, StrictBool, ValidationError

from tracedpipeline.api.consumer import FLINK, ConsumerSpec
from tracedpipeline.api.kafka import DEAD_LETTER_SUFFIX, RESULTS_SUFFIX, KafkaSpec, differs, same_to_kafka
from tracedpipeline.api.names import LABEL_LIMIT, TOPIC_LIMIT, Label
from tracedpipeline.api.recorded import KafkaRecord, kafka_record
from tracedpipeline.api.rules import Rule, SpecModel, Text, matches
from tracedpipeline.api.spec_errors import InvalidSpecError, problem, shortened
from tracedpipeline.api.workloads import CollectorSpec, JaegerSpec, ProducerSpec, TracingSpec

# The longest derived name is <name>-collector-config, and a name is at most 63 characters.
NAME_LIMIT = LABEL_LIMIT - len("-collector-config")
NAME_RULES = (
    Rule(
        f"size(self.metadata.name) <= {NAME_LIMIT}",
        f"metadata.name must be at most {NAME_LIMIT} characters: longer names derive from it",
        lambda name: len(name) <= NAME_LIMIT,
    ),
    matches(
        "[a-z]([-a-z0-9]*[a-z0-9])?",
        "metadata.name must begin with a letter and have only lower-case letters, digits and hyphens: "
        "Services are named after it",
        of="self.metadata.name",
    ),
)
# The Flink Kubernetes Operator takes names of 45 characters, and a FlinkDeployment is named <name>-consumer.
FLINK_NAME_LIMIT = 45 - len("-consumer")
PIPELINE_RULES = (
    Rule(
        "!has(self.spec.consumer) || !has(self.spec.consumer.engine) || self.spec.consumer.engine != 'Flink' "
        f"|| size(self.metadata.name) <= {FLINK_NAME_LIMIT}",
        f"metadata.name must be at most {FLINK_NAME_LIMIT} characters with consumer.engine Flink: "
        "its operator takes no longer ones",
        lambda spec: spec.spec.consumer.engine != FLINK or len(spec.name) <= FLINK_NAME_LIMIT,
    ),
)


# In CEL, the topic that Flink writes its results to.
_RESULTS = f"self.kafka.topic.name + '{RESULTS_SUFFIX}'"


def _only_while_paused(field: str) -> Rule:
    return Rule(
        f"self.paused || self.{field} == oldSelf.{field}",
        f"{field} cannot be changed while the pipeline runs: set paused: true along with it",
    )


class Spec(SpecModel):
    """What is wanted."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        _only_while_paused("kafka.topic.name"),
        _only_while_paused("consumer.groupId"),
        _only_while_paused("consumer.engine"),
        Rule(
            f"self.consumer.engine != 'Flink' || size(self.kafka.topic.name) <= {TOPIC_LIMIT - len(RESULTS_SUFFIX)}",
            f"kafka.topic.name with {RESULTS_SUFFIX} at its end, which Flink writes to, is longer than Kafka's "
            f"{TOPIC_LIMIT} characters: shorten it",
            lambda spec: spec.consumer.engine != FLINK or len(spec.kafka.topic.name + RESULTS_SUFFIX) <= TOPIC_LIMIT,
        ),
        Rule(
            "self.consumer.engine != 'Flink' || !has(self.kafka.deadLetterTopic) "
            f"|| {differs('self.kafka.deadLetterTopic', _RESULTS)}",
            "kafka.deadLetterTopic is the topic that Flink writes its results to: name another",
            lambda spec: not same_to_kafka(spec.kafka.dead_letter_topic, spec.results_topic),
        ),
    )

    paused: StrictBool = Field(
        default=False, description="While true nothing is changed in the cluster; status says Paused."
    )
    kafka: KafkaSpec = Field(description="Which Kafka, which topic.")
    producer: ProducerSpec = Field(default=ProducerSpec(), description="The producer of order events.")
    consumer: ConsumerSpec = Field(default=ConsumerSpec(), description="The consumer of order events.")
    tracing: TracingSpec = Field(default=TracingSpec(), description="How much is traced.")
    collector: CollectorSpec = Field(default=CollectorSpec(), description="The OpenTelemetry Collector.")
    jaeger: JaegerSpec = Field(default=JaegerSpec(), description="Jaeger, which keeps its traces in memory.")

    @property
    def dead_letter_topic(self) -> str:
        """The dead-letter topic's name, given or derived."""
        return self.kafka.dead_letter_topic or f"{self.kafka.topic.name}{DEAD_LETTER_SUFFIX}"

    @property
    def results_topic(self) -> str | None:
        """The name of the topic that the consumer writes its results to; None where it writes none."""
        return f"{self.kafka.topic.name}{RESULTS_SUFFIX}" if self.consumer.engine == FLINK else None

    @property
    def topics(self) -> tuple[str, ...]:
        """The names of all topics, the one that the messages travel through first."""
        return (self.kafka.topic.name, self.dead_letter_topic, *((self.results_topic,) if self.results_topic else ()))


class TracedPipeline(SpecModel):
    """A TracedPipeline as read from the API server."""

    RULES: ClassVar[tuple[Rule, ...]] = PIPELINE_RULES

    name: Annotated[str, Text(*NAME_RULES, max_length=253)]
    namespace: Label
    uid: str
    generation: int
    created: str
    spec: Spec
    kafka_record: KafkaRecord = KafkaRecord()
    # Whether anything was ever done for it; None where nobody has looked at it yet.
    acted_upon: bool | None = None

    @property
    def kafka_address(self) -> str:
        """How the spec names the Kafka cluster, complete with its namespace where it is one of Strimzi's."""
        kafka = self.spec.kafka
        if kafka.cluster:
            return f"{kafka.cluster.namespace or self.namespace}/{kafka.cluster.name}"
        return str(kafka.bootstrap_servers)

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Self:
        """Return the typed resource; raises InvalidSpecError with the path of all that is wrong."""
        metadata = body.get("metadata") or {}
        if not isinstance(metadata, Mapping):
            raise InvalidSpecError([("metadata", f"should be an object{shortened(metadata)}")])
        try:
            parsed = cls(
                name=metadata.get("name") or "",
                namespace=metadata.get("namespace") or "default",
                uid=metadata.get("uid") or "",
                generation=metadata.get("generation") or 0,
                created=metadata.get("creationTimestamp") or "",
                spec=body.get("spec") or {},  # type: ignore[arg-type]  # pydantic makes the Spec
            )
        except ValidationError as error:
            raise InvalidSpecError([problem(detail) for detail in error.errors()]) from None
        status = body.get("status") or {}
        record = kafka_record(status, parsed.kafka_address)
        looked_at = status.get("observedGeneration", -1) >= 0
        acted_upon = "consumerReplicas" in status if looked_at else None
        return parsed.model_copy(update={"kafka_record": record, "acted_upon": acted_upon})
