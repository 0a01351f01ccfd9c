"""Each check of a cluster, a topic and a user: what it finds, and which of two comes first."""

from dataclasses import replace
from typing import Any

import pytest
from tracedpipeline import reasons
from tracedpipeline.api import KafkaCluster, TracedPipeline
from tracedpipeline.kafka.strimzi import checks
from tracedpipeline.kafka.strimzi.snapshot import PAUSED, KafkaSnapshot

from tests.unit.operator.conftest import body

PAUSE = dict([PAUSED])


def resource(*conditions: str, generation: int = 1, **metadata: Any) -> dict[str, Any]:
    """A resource with conditions such as Ready=True."""
    found = [dict(zip(("type", "status"), each.split("="), strict=True)) for each in conditions]
    return {
        "metadata": {"name": "demo", "generation": generation, **metadata},
        "status": {"observedGeneration": 1, "conditions": found},
    }


READY = resource("Ready=True")
PAUSED_AND_FAILED = resource("NotReady=True", annotations=PAUSE)


@pytest.mark.parametrize(
    ("snapshot", "create", "reason"),
    [
        (KafkaSnapshot(installed=False, denied="no"), False, reasons.STRIMZI_NOT_INSTALLED),
        (KafkaSnapshot(denied="no"), False, reasons.KAFKA_NOT_ALLOWED),
        (KafkaSnapshot(), False, reasons.KAFKA_NOT_FOUND),
        (KafkaSnapshot(), True, reasons.KAFKA_NOT_READY),
        (KafkaSnapshot(kafka=PAUSED_AND_FAILED), True, reasons.KAFKA_NOT_OWNED),
        (KafkaSnapshot(kafka=PAUSED_AND_FAILED), False, reasons.KAFKA_PAUSED),
        (KafkaSnapshot(kafka=resource("NotReady=True")), False, reasons.KAFKA_NOT_READY),
        (KafkaSnapshot(kafka=resource()), False, reasons.KAFKA_NOT_READY),
        (KafkaSnapshot(kafka=resource("Warning=True", "Ready=True")), False, None),
    ],
)
def test_of_cluster(snapshot: KafkaSnapshot, create: bool, reason: str | None) -> None:
    cluster = KafkaCluster.model_validate({"name": "demo", "create": create})
    found = checks.of_cluster(TracedPipeline.parse(body()), cluster, snapshot)
    assert (found and found.reason) == reason


ENTITIES: list[tuple[dict[str, Any], str | None]] = [
    (resource("Ready=False", generation=2, annotations=PAUSE), "is paused"),
    (resource("ReconciliationPaused=True"), "is paused"),
    (resource("Ready=False", generation=2), "has not yet looked at"),
    (resource("Ready=False"), "no reason given"),
    (resource(), "has not yet said"),
    (READY, None),
]


@pytest.mark.parametrize(("entity", "words"), ENTITIES)
def test_of_topic_and_user(entity: dict[str, Any], words: str | None) -> None:
    for found in (checks.of_topic("t", {"t": entity}, made=True), checks.of_user("u", {"u": entity})):
        assert (found is None) == (words is None)
        assert found is None or str(words) in found.message


def test_a_topic_that_strimzi_leaves_to_others_is_not_looked_at() -> None:
    unmanaged = resource("Unmanaged=True", "Ready=False")
    assert checks.of_topic("t", {"t": unmanaged}, made=True) is None
    assert checks.of_topic("t", {}, made=False) is None


def test_the_order_is_part_of_the_checks() -> None:
    everything = KafkaSnapshot(installed=False, denied="no", kafka=PAUSED_AND_FAILED)
    found = [checks.of_cluster(TracedPipeline.parse(body()), KafkaCluster(name="demo"), everything)]
    found.append(
        checks.of_cluster(TracedPipeline.parse(body()), KafkaCluster(name="demo"), replace(everything, installed=True))
    )
    assert [verdict and verdict.reason for verdict in found] == [
        reasons.STRIMZI_NOT_INSTALLED,
        reasons.KAFKA_NOT_ALLOWED,
    ]
