from typing import Any

import pytest
from tracedpipeline.api import InvalidSpecError, TracedPipeline

from tests.unit.operator.conftest import body


def test_everything_but_the_kafka_has_a_default() -> None:
    spec = TracedPipeline.parse(body()).spec
    assert (spec.kafka.topic.name, spec.consumer.group_id) == ("traced-topic", "trace-group")
    assert (spec.producer.rate_per_second, spec.consumer.engine, spec.tracing.sampling_ratio) == (10, "Python", 1.0)
    assert spec.dead_letter_topic == "traced-topic.dlq"


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown field": ({"producr": {}}, "spec.producr: unknown field"),
    "unknown nested field": ({"producer": {"rate": 1}}, "spec.producer.rate: unknown field"),
    "zero rate": ({"producer": {"ratePerSecond": 0}}, "spec.producer.ratePerSecond: input should be greater than 0"),
    "zero replicas": ({"consumer": {"replicas": 0}}, "spec.consumer.replicas: input should be greater than or equal"),
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
    "no Flink yet": ({"consumer": {"engine": "Flink"}}, "spec.consumer.engine: input should be 'Python'"),
    "wrong type": ({"kafka": {"topic": {"partitions": "three"}}}, "spec.kafka.topic.partitions: input should be"),
}


@pytest.mark.parametrize(("spec", "problem"), BAD.values(), ids=BAD.keys())
def test_a_bad_spec_is_refused_with_its_path(spec: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidSpecError) as refused:
        TracedPipeline.parse(body(**spec))
    assert str(refused.value).startswith(problem)


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(InvalidSpecError) as refused:
        TracedPipeline.parse(body(producer={"ratePerSecond": -1, "replicas": 0}))
    assert [path for path, _ in refused.value.problems] == ["spec.producer.replicas", "spec.producer.ratePerSecond"]


def test_a_resource_without_spec_is_refused() -> None:
    with pytest.raises(InvalidSpecError, match=r"spec\.kafka: field required"):
        TracedPipeline.parse({"metadata": {"name": "orders"}})
