"""Names of one Kafka cluster."""

from typing import Any

import pytest
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka.spelling import alike

from tests.unit.operator.conftest import body


def pipeline(kafka: str | dict[str, Any], namespace: str) -> TracedPipeline:
    given = body(kafka=kafka if isinstance(kafka, dict) else {"bootstrapServers": kafka})
    given["metadata"]["namespace"] = namespace
    return TracedPipeline.parse(given)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("kafka.kafka.svc:9092", "kafka.kafka:9092", True),
        ("kafka.kafka.svc:9092", "kafka.kafka.svc.cluster.local:9092", True),
        ("kafka.kafka.svc.cluster.local.:9092", "kafka.kafka.svc.example.org:9092", True),
        ("KAFKA.kafka.SVC:9092", "kafka.kafka:9092", True),
        ("kafka.kafka.svc:9092", "kafka:9092", True),  # of a pipeline in namespace kafka
        ("kafka.shop.svc:9092", "kafka:9092", False),
        ("kafka:9092", "kafka:9092", False),  # of two namespaces
        ("a.example.com:9092,b.example.com:9092", "c.example.com:9092,B.example.com.:9092", True),
        ("a.example.com:9092", "a.example.org:9092", False),
        ("a.kafka.svc:9092", "a.kafka.svc:9093", False),
        ("10.0.0.7:9092", "10.0.0.7:9092", True),
        ("[fd00::7]:9092", "[FD00::7]:9092", True),
        ("[fd00::7]:9092", "[fd00::8]:9092", False),
        ("demo-kafka-bootstrap.kafka.svc:9093", {"cluster": {"name": "demo"}}, True),
        ("demo-kafka-bootstrap.shop:9093", {"cluster": {"name": "demo"}}, False),
        ("demo-kafka-bootstrap:9093", {"cluster": {"name": "demo", "namespace": "shop"}}, True),
        ({"cluster": {"name": "demo", "namespace": "kafka"}}, {"cluster": {"name": "demo"}}, True),
        ({"cluster": {"name": "demo"}}, {"cluster": {"name": "demo"}}, False),
    ],
)
def test_names_of_one_cluster(one: Any, other: Any, same: bool) -> None:
    assert alike(pipeline(one, "shop"), pipeline(other, "kafka")) is same
    assert alike(pipeline(other, "kafka"), pipeline(one, "shop")) is same
