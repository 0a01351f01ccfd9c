"""What of a spec one machine can do, and what it cannot. Pure."""

from collections.abc import Iterator

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.local.errors import LocalError
from tracedpipeline.settings import Images

REAL, MOCK, SPEC = "real", "mock", "spec"
_IN_A_CLUSTER = "in a cluster it does: `make demo`"


def check(pipeline: TracedPipeline, kafka: str) -> None:
    """Raise LocalError with all that keeps the pipeline from running here."""
    if problems := list(_problems(pipeline, kafka)):
        raise LocalError("\n".join(f"{pipeline.name}: {problem}" for problem in problems))


def _problems(pipeline: TracedPipeline, kafka: str) -> Iterator[str]:
    spec = pipeline.spec
    if spec.paused:
        yield "spec.paused is true: set it to false, nothing is started meanwhile"
    if spec.consumer.by_flink:
        yield f"spec.consumer.engine Flink does not run here, {_IN_A_CLUSTER}; here use engine Python"
    if spec.kafka.cluster and kafka == SPEC:
        yield f"spec.kafka.cluster is run by Strimzi: name its address (--kafka HOST:PORT); {_IN_A_CLUSTER}"
    images = {naming.PRODUCER: Images.producer, naming.CONSUMER: Images.consumer}
    for component, image in images.items():
        given, ours = getattr(spec, component).image, image.rpartition(":")[0]
        if given and given.rpartition(":")[0] != ours:
            yield f"spec.{component}.image {given} is not run here, only the kit's own {component}: {_IN_A_CLUSTER}"


def left_out(pipeline: TracedPipeline, kafka: str) -> list[str]:
    """Return what of the spec is not as in a cluster, a sentence each."""
    return [f"{pipeline.name}: {sentence}" for sentence in _left_out(pipeline, kafka)]


def _left_out(pipeline: TracedPipeline, kafka: str) -> Iterator[str]:
    spec, ours = pipeline.spec, kafka in (REAL, MOCK)
    if spec.kafka.cluster:
        yield f"spec.kafka.cluster: {_kafka(kafka)} takes its place, without Strimzi; `make demo` has that"
    if spec.kafka.security and ours:
        yield "spec.kafka.security: Kafka on this machine takes plain text from everyone; --kafka spec uses the spec's"
    if (spec.kafka.topic.replicas or 1) > 1 and kafka == REAL:
        yield "spec.kafka.topic.replicas: Kafka on this machine is one broker, so there is 1 copy"
    if spec.collector.replicas > 1:
        yield "spec.collector.replicas: one receiver takes the place of all Collectors; `make demo` has several"


def _kafka(kafka: str) -> str:
    return "Kafka on this machine" if kafka in (REAL, MOCK) else f"Kafka at {kafka}"


def for_one_broker(pipeline: TracedPipeline) -> TracedPipeline:
    """Return the pipeline with topics that a single broker can hold."""
    topic = pipeline.spec.kafka.topic.model_copy(update={"replicas": 1})
    kafka = pipeline.spec.kafka.model_copy(update={"topic": topic})
    return pipeline.model_copy(update={"spec": pipeline.spec.model_copy(update={"kafka": kafka})})
