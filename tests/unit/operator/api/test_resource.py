from typing import Any

import pytest
from tracedpipeline.api import InvalidSpecError, TracedPipeline
from tracedpipeline.api.recorded import KafkaRecord

from tests.unit.operator.conftest import body


def test_everything_but_the_kafka_has_a_default() -> None:
    spec = TracedPipeline.parse(body()).spec
    assert (spec.kafka.topic.name, spec.consumer.group_id) == ("traced-topic", "trace-group")
    assert (spec.producer.rate_per_second, spec.consumer.engine, spec.tracing.sampling_ratio) == (10, "Python", 1.0)
    assert spec.dead_letter_topic == "traced-topic.dlq"


def strimzi(topic: dict[str, Any] | None = None, **cluster: Any) -> dict[str, Any]:
    return {"kafka": {"cluster": {"name": "demo", **cluster}, "topic": topic or {}}}


def flink(**consumer: Any) -> dict[str, Any]:
    return {"consumer": {"engine": "Flink", **consumer}}


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown field": ({"producr": {}}, "spec.producr: unknown field"),
    "unknown nested field": ({"producer": {"rate": 1}}, "spec.producer.rate: unknown field"),
    "zero rate": ({"producer": {"ratePerSecond": 0}}, "spec.producer.ratePerSecond: input should be greater than 0"),
    "negative replicas": (
        {"consumer": {"replicas": -1}},
        "spec.consumer.replicas: input should be greater than or equal",
    ),
    "no Collector": ({"collector": {"replicas": 0}}, "spec.collector.replicas: input should be greater than or equal"),
    "a job that is not parallel at all": (flink(replicas=0), "spec.consumer: with engine Flink replicas is"),
    "malformed duration": ({"consumer": {"processingTime": "20"}}, "spec.consumer.processingTime: write a duration"),
    "too long": ({"consumer": {"processingTime": "61m"}}, "spec.consumer.processingTime: at most 1h"),
    "variable given twice": (
        {"producer": {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}},
        "spec.producer: env names a variable twice",
    ),
    "request above limit": (
        {"jaeger": {"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "1000Mi"}}}},
        "spec.jaeger.resources: requests.memory is above limits.memory",
    ),
    "port out of range": (
        {"kafka": {"bootstrapServers": "kafka:65536"}},
        "spec.kafka.bootstrapServers: write host:port",
    ),
    "topic of dots": ({"kafka": {"topic": {"name": ".."}}}, "spec.kafka.topic.name: Kafka keeps . and .."),
    "unknown engine": ({"consumer": {"engine": "Spark"}}, "spec.consumer.engine: input should be 'Python' or 'Flink'"),
    "Flink's fields without Flink": ({"consumer": {"flink": {}}}, "spec.consumer: flink belongs to engine Flink"),
    "more parallel than Flink is": (flink(replicas=129), "spec.consumer: with engine Flink replicas is"),
    "resources beside Flink's": (
        flink(resources={"limits": {"cpu": "1"}}),
        "spec.consumer: with engine Flink give flink.taskManager.resources",
    ),
    "too little for Flink": (
        flink(flink={"taskManager": {"memory": "512Mi"}}),
        "spec.consumer.flink.taskManager: memory is below 1Gi",
    ),
    "more memory than the limit": (
        flink(flink={"jobManager": {"memory": "2Gi", "resources": {"limits": {"memory": "1Gi"}}}}),
        "spec.consumer.flink.jobManager: memory is above resources.limits.memory",
    ),
    "a class for a claim that is there": (
        flink(flink={"checkpointStorage": {"existingClaim": "a", "storageClassName": "b"}}),
        "spec.consumer.flink.checkpointStorage: storageClassName belongs to a claim that the pipeline makes",
    ),
    "checkpoints too often": (
        flink(flink={"checkpointInterval": "99ms"}),
        "spec.consumer.flink.checkpointInterval: between 100ms and 1h",
    ),
    "bundle too long": (flink(flink={"bundleTime": "61s"}), "spec.consumer.flink.bundleTime: between 1ms and 1m"),
    "dead letters among the results": (
        flink() | {"kafka": {"bootstrapServers": "kafka:9092", "topic": {"name": "t"}, "deadLetterTopic": "t.results"}},
        "spec: kafka.deadLetterTopic is the topic that Flink writes its results to",
    ),
    "no room for the name of the results' topic": (
        flink() | {"kafka": {"bootstrapServers": "kafka:9092", "topic": {"name": "t" * 242}}},
        "spec: kafka.topic.name with .results at its end",
    ),
    "brokers of a cluster that is not made": (
        strimzi(replicas=3),
        "spec.kafka.cluster: replicas, version, storage, resources belong to create: true",
    ),
    "a cluster made elsewhere": (
        strimzi(create=True, namespace="kafka"),
        "spec.kafka.cluster: create makes the cluster in the pipeline's namespace",
    ),
    "a cluster's name too long for its Services": (
        strimzi(create=True, name="k" * 48),
        "spec.kafka.cluster: name must be at most 47 characters",
    ),
    "a version in part": (strimzi(create=True, version="4.3"), "spec.kafka.cluster.version: write Kafka's version"),
    "a volume without size": (
        strimzi(create=True, storage={"type": "persistent"}),
        "spec.kafka.cluster.storage: type persistent needs a size",
    ),
    "a size without volume": (
        strimzi(create=True, storage={"size": "1Gi"}),
        "spec.kafka.cluster.storage: size and storageClassName belong to type persistent",
    ),
    "topics deleted in somebody else's Kafka": (
        strimzi(namespace="kafka", topic={"deletionPolicy": "Delete"}),
        "spec.kafka: topic.deletionPolicy Delete needs a cluster in this namespace",
    ),
    "wrong type": ({"kafka": {"topic": {"partitions": "three"}}}, "spec.kafka.topic.partitions: input should be"),
}


@pytest.mark.parametrize(("spec", "problem"), BAD.values(), ids=BAD.keys())
def test_a_bad_spec_is_refused_with_its_path(spec: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidSpecError) as refused:
        TracedPipeline.parse(body(**spec))
    assert str(refused.value).startswith(problem)


def test_a_name_too_long_for_the_flink_operator_is_refused() -> None:
    name = "a" * 37
    assert TracedPipeline.parse(body(name)).name == name
    with pytest.raises(InvalidSpecError, match=r"^metadata\.name: metadata\.name must be at most 36 characters with"):
        TracedPipeline.parse(body(name, **flink()))


def test_flink_has_defaults_and_a_topic_of_results() -> None:
    spec = TracedPipeline.parse(body(**flink())).spec
    assert spec.consumer.by_flink
    assert (spec.consumer.by_flink.checkpoint_interval, spec.consumer.by_flink.delivery) == ("10s", "AtLeastOnce")
    assert spec.topics == ("traced-topic", "traced-topic.dlq", "traced-topic.results")


def test_plain_python_has_neither() -> None:
    spec = TracedPipeline.parse(body()).spec
    assert spec.consumer.by_flink is None
    assert spec.topics == ("traced-topic", "traced-topic.dlq")


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(InvalidSpecError) as refused:
        TracedPipeline.parse(body(producer={"ratePerSecond": -1, "replicas": -1}))
    assert [path for path, _ in refused.value.problems] == ["spec.producer.replicas", "spec.producer.ratePerSecond"]


def test_a_resource_without_spec_is_refused() -> None:
    with pytest.raises(InvalidSpecError, match=r"spec\.kafka: field required"):
        TracedPipeline.parse({"metadata": {"name": "orders"}})


def test_what_the_api_server_keeps_beside_the_spec() -> None:
    pipeline = TracedPipeline.parse(body())
    assert (pipeline.name, pipeline.namespace, pipeline.uid) == ("orders", "shop", "uid-orders")
    assert (pipeline.generation, pipeline.created) == (2, "2026-01-01T00:00:00Z")
    of_a_file = TracedPipeline.parse({"metadata": {"name": "orders"}, "spec": body()["spec"]})
    assert (of_a_file.namespace, of_a_file.uid) == ("default", "")
    assert (of_a_file.generation, of_a_file.created) == (0, "")


def told(resource: dict[str, Any]) -> str:
    with pytest.raises(InvalidSpecError) as refused:
        TracedPipeline.parse(resource)
    return str(refused.value)


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ({"metadata": 7, "spec": {}}, "metadata: should be an object (got 7)"),
        (body(producr={"a": 1}), "spec.producr: unknown field; remove it or fix its spelling"),
        (body(producer=7), "spec.producer: should be an object (got 7)"),
        (
            body(consumer={"replicas": -1}),
            "spec.consumer.replicas: input should be greater than or equal to 0 (got -1)",
        ),
        (
            body(jaeger={"resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}}),
            "spec.jaeger.resources: requests.memory is above limits.memory: lower the request or raise the limit",
        ),
        (
            body(
                jaeger={
                    "resources": {"requests": {"cpu": "2", "memory": "2Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}}
                }
            ),
            "spec.jaeger.resources: requests.cpu is above limits.cpu: lower the request or raise the limit; "
            "requests.memory is above limits.memory: lower the request or raise the limit",
        ),
    ],
    ids=["metadata", "unknown", "no object", "number", "rule", "two rules"],
)
def test_a_problem_is_told_word_for_word(resource: dict[str, Any], said: str) -> None:
    assert told(resource) == said


def test_a_resource_without_a_name_is_told_so() -> None:
    said = told({"spec": body()["spec"]})
    assert said.startswith("metadata.name: ")
    assert said.endswith(" (got '')")


def unknown_fields(count: int) -> dict[str, Any]:
    given = body()
    given["spec"] |= {f"field{number:02}": 1 for number in range(count)}
    return given


def test_of_many_problems_the_first_are_named() -> None:
    unknown = "unknown field; remove it or fix its spelling"
    twelve = told(unknown_fields(12)).split("; field")[0]
    assert twelve.startswith(f"spec.field00: {unknown}; spec.field01: ")
    assert twelve.endswith(f"spec.field09: {unknown}; and 2 more")
    assert told(unknown_fields(10)).endswith(f"spec.field09: {unknown}")


def test_a_number_that_nobody_can_read_is_not_shown() -> None:
    readable, longer = told(body(consumer={"replicas": -(2**80) + 1})), told(body(consumer={"replicas": -(2**80)}))
    assert readable.endswith(" (got -1208925819614629174706175)")
    assert longer.endswith(" (got a number of too many digits)")


def test_memory_may_be_all_of_its_limit() -> None:
    memory = {"memory": "2Gi", "resources": {"limits": {"memory": "2Gi"}}}
    assert TracedPipeline.parse(body(**flink(flink={"jobManager": memory}))).spec.consumer.by_flink


def test_what_the_status_keeps_of_kafka_is_of_the_cluster_that_the_spec_names() -> None:
    kept = {"kafka": {"address": "kafka:9092", "topics": ["t"], "clusterId": "c"}}
    assert TracedPipeline.parse(body() | {"status": kept}).kafka_record == KafkaRecord(("t",), "c")
    moved = body(kafka={"bootstrapServers": "elsewhere:9092"}) | {"status": kept}
    assert TracedPipeline.parse(moved).kafka_record == KafkaRecord()
