"""Each check of a cluster, a topic and a user: what it finds, and which of two comes first."""

from dataclasses import replace
from typing import Any

import pytest
from tracedpipeline import reasons
from tracedpipeline.api import KafkaCluster, TracedPipeline
from tracedpipeline.kafka.strimzi import checks
from tracedpipeline.kafka.strimzi.snapshot import PAUSED, KafkaSnapshot
from tracedpipeline.verdict import Verdict

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
    ("snapshot", "create", "reason", "message"),
    [
        (
            KafkaSnapshot(installed=False, denied="no"),
            False,
            reasons.STRIMZI_NOT_INSTALLED,
            "the API server does not know kafka.strimzi.io/v1: install Strimzi 1.0 or later, "
            "or name kafka.bootstrapServers",
        ),
        (
            KafkaSnapshot(denied="no"),
            False,
            reasons.KAFKA_NOT_ALLOWED,
            "the operator may not read Kafka shop/demo: no: add the namespace to the chart's watchNamespaces",
        ),
        (
            KafkaSnapshot(),
            False,
            reasons.KAFKA_NOT_FOUND,
            "namespace shop has no Kafka demo: make it, fix the name, or set kafka.cluster.create",
        ),
        (KafkaSnapshot(), True, reasons.KAFKA_NOT_READY, "Kafka demo is being created"),
        (
            KafkaSnapshot(kafka=PAUSED_AND_FAILED),
            True,
            reasons.KAFKA_NOT_OWNED,
            "Kafka demo is there and not this pipeline's: remove kafka.cluster.create to use it, "
            "or choose another name",
        ),
        (
            KafkaSnapshot(kafka=PAUSED_AND_FAILED),
            False,
            reasons.KAFKA_PAUSED,
            "Strimzi's work on Kafka demo is paused: remove its annotation strimzi.io/pause-reconciliation",
        ),
        (
            KafkaSnapshot(kafka=resource("NotReady=True")),
            False,
            reasons.KAFKA_NOT_READY,
            "Kafka demo: no reason given:",
        ),
        (
            KafkaSnapshot(kafka=resource()),
            False,
            reasons.KAFKA_NOT_READY,
            "Strimzi has said nothing of Kafka demo: does its operator run, and watch this namespace?",
        ),
        (KafkaSnapshot(kafka=resource("Warning=True", "Ready=True")), False, None, None),
    ],
)
def test_of_cluster(snapshot: KafkaSnapshot, create: bool, reason: str | None, message: str | None) -> None:
    cluster = KafkaCluster.model_validate({"name": "demo", "create": create})
    found = checks.of_cluster(TracedPipeline.parse(body()), cluster, snapshot)
    assert found == (Verdict(False, reason, message) if reason and message else None)


def test_another_namespaces_cluster_is_named_with_it() -> None:
    cluster = KafkaCluster(name="demo", namespace="theirs")
    found = checks.of_cluster(TracedPipeline.parse(body()), cluster, KafkaSnapshot(denied="no"))
    assert found
    assert found.message.startswith("the operator may not read Kafka theirs/demo: no")


ENTITIES: list[tuple[dict[str, Any], str | None]] = [
    (
        resource("Ready=False", generation=2, annotations=PAUSE),
        "Strimzi's work on {} is paused: remove its annotation strimzi.io/pause-reconciliation",
    ),
    (
        resource("ReconciliationPaused=True"),
        "Strimzi's work on {} is paused: remove its annotation strimzi.io/pause-reconciliation",
    ),
    (resource("Ready=False", generation=2), "Strimzi has not yet looked at {}: does its entity operator run?"),
    (resource("Ready=False"), "{}: no reason given:"),
    (resource(), "Strimzi has not yet said that {} is ready"),
    (READY, None),
]


@pytest.mark.parametrize(("entity", "message"), ENTITIES)
def test_of_topic_and_user(entity: dict[str, Any], message: str | None) -> None:
    topic = Verdict(False, reasons.TOPIC_NOT_READY, message.format("KafkaTopic demo")) if message else None
    user = Verdict(False, reasons.USER_NOT_READY, message.format("KafkaUser u")) if message else None
    assert checks.of_topic("t", {"t": entity}, made=True) == topic
    assert checks.of_user("u", {"u": entity}) == user


def test_of_topic_and_user_that_are_not_there_yet() -> None:
    topic = Verdict(False, reasons.TOPIC_NOT_READY, "KafkaTopic t is being created")
    assert checks.of_topic("t", {}, made=True) == topic
    assert checks.of_user("u", {}) == Verdict(False, reasons.USER_NOT_READY, "KafkaUser u is being created")


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
