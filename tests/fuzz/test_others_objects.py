"""Objects that others write, read as a reconcile reads them: no mistake in one of them is an error of ours."""

import copy
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.flink import deployment_status
from tracedpipeline.kafka import denials, plan
from tracedpipeline.kafka.strimzi import KafkaSnapshot
from tracedpipeline.kubernetes_api import pods
from tracedpipeline.kubernetes_api.kind_shapes import shaped
from tracedpipeline.observed import Observed
from tracedpipeline.status import quiet, readiness
from tracedpipeline.status.build import build_status, failed_status, transitions
from tracedpipeline.verdict import Verdict

from tests.fuzz.conftest import cases
from tests.fuzz.documents_strategies import Path, mutated

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
SOME_TIME: Final = "2026-01-01T00:00:00Z"
READY: Final = Verdict(True, "AllAvailable", "all components are available")
# Without these no API server takes an object.
NAMED: Final[frozenset[Path]] = frozenset(
    [("metadata",), ("metadata", "name"), ("metadata", "namespace"), ("apiVersion",), ("kind",)]
)
BODY: Final = {
    "apiVersion": "tracedpipeline.dev/v1alpha1",
    "kind": "TracedPipeline",
    "metadata": {"name": "orders", "namespace": "shop", "uid": "u", "generation": 2},
    "spec": {"kafka": {"cluster": {"name": "k"}}},
}


def metadata(name: str) -> dict[str, Any]:
    owner = {"kind": "TracedPipeline", "name": "orders", "uid": "u", "controller": True}
    return {
        "name": name,
        "namespace": "shop",
        "generation": 1,
        "labels": {"app.kubernetes.io/instance": "orders"},
        "annotations": {"strimzi.io/pause-reconciliation": "false"},
        "ownerReferences": [owner],
    }


def conditions(*kinds: str, status: str = "True") -> list[dict[str, Any]]:
    times = {"lastTransitionTime": SOME_TIME, "reason": "Creating", "message": "it is\nbeing made"}
    return [{"type": kind, "status": status} | times for kind in kinds]


ENDED: Final = {"reason": "OOMKilled", "finishedAt": SOME_TIME, "exitCode": 137, "message": "killed\x1b[0m\n"}
CONTAINER: Final = {
    "name": "app",
    "image": "app:1",
    "ready": False,
    "restartCount": 3,
    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
    "lastState": {"terminated": ENDED},
}
POD: Final = {
    "metadata": metadata("orders-consumer-1"),
    "spec": {"initContainers": [{"name": "proxy", "restartPolicy": "Always"}]},
    "status": {
        "podIP": "10.0.0.1",
        "conditions": conditions("Ready", "PodScheduled"),
        "initContainerStatuses": [CONTAINER | {"name": "proxy"}],
        "containerStatuses": [CONTAINER],
    },
}
DEPLOYMENT: Final = {
    "metadata": metadata("orders-consumer"),
    "spec": {"replicas": 1},
    "status": {"replicas": 1, "readyReplicas": 0, "observedGeneration": 1, "conditions": conditions("ReplicaFailure")},
}
LISTENER: Final = {"name": "tls", "port": 9093, "type": "internal", "tls": True, "authentication": {"type": "tls"}}
PUBLISHED: Final = {"name": "tls", "bootstrapServers": "k:9093", "certificates": ["-----BEGIN CERTIFICATE-----"]}
KAFKA: Final = {
    "metadata": metadata("k"),
    "spec": {"kafka": {"listeners": [LISTENER], "authorization": {"type": "simple"}}},
    "status": {"observedGeneration": 1, "conditions": conditions("Ready"), "listeners": [PUBLISHED]},
}
TOPIC: Final = {
    "metadata": metadata("orders"),
    "spec": {"topicName": "orders", "partitions": 3},
    "status": {"observedGeneration": 1, "conditions": conditions("Ready"), "topicName": "orders", "topicId": "x"},
}
USER: Final = {
    "metadata": metadata("orders-consumer"),
    "spec": {},
    "status": {"observedGeneration": 1, "conditions": conditions("Ready", status="False")},
}
FLINK: Final = {
    "metadata": metadata("orders-consumer"),
    "spec": {},
    "status": {
        "error": '{"type": "ReconciliationException", "throwableList": [{"message": "no\\nroom"}]}',
        "observedGeneration": 1,
        "lifecycleState": "STABLE",
        "jobManagerDeploymentStatus": "READY",
        "jobStatus": {"state": "RUNNING"},
    },
}
PIPELINE: Final = BODY | {
    "status": {
        "observedGeneration": 2,
        "consumerReplicas": 1,
        "conditions": conditions("Ready", "KafkaReady", "TracesFlowing", "Other"),
        "lastTrace": {"id": "ab", "time": SOME_TIME, "endToEndMilliseconds": 1.5, "path": "/"},
        "kafka": {"address": "shop/k", "topics": ["orders"], "clusterId": "c"},
    }
}


def written(verdicts: dict[str, Verdict], old: Any = None) -> dict[str, Any]:
    """Return the status as it would be written, after a look at what it says."""
    status = build_status(old or {}, 2, verdicts, NOW, {})
    for condition in status["conditions"]:
        assert len(condition["message"]) <= 4000
        assert condition["message"].isprintable()
        condition["message"].encode()
    return status


@given(mutated(POD, NAMED), mutated(DEPLOYMENT, NAMED | {("spec",), ("spec", "replicas")}))
@cases()
def test_pods_and_deployments(pod: Any, deployment: Any) -> None:
    pod, deployment = shaped("Pod", pod), shaped("Deployment", deployment)
    found = pods.component(naming.CONSUMER, deployment, [pod], 10**12)
    written(readiness.conditions(Observed(READY, {naming.CONSUMER: found})))
    pods.component_of_pods(naming.CONSUMER, 1, [pod], 10**12)
    assert all(":" not in address or address.startswith("[") for address in denials.addresses([pod]))


@given(mutated(KAFKA, NAMED), st.lists(mutated(TOPIC, NAMED), max_size=2), mutated(USER, NAMED))
@cases()
def test_strimzis_resources(kafka: Any, topics: list[Any], user: Any) -> None:
    pipeline = TracedPipeline.parse(BODY)
    snapshot = KafkaSnapshot(
        kafka=shaped("Kafka", kafka),
        topics=[shaped("KafkaTopic", topic) for topic in topics],
        users={"orders-consumer": shaped("KafkaUser", user), "orders-producer": shaped("KafkaUser", user)},
        secrets={},
    )
    if verdict := plan.access(pipeline, snapshot).verdict:
        written({"Ready": verdict})


@given(mutated(FLINK, NAMED))
@cases()
def test_flink_deployments(flink: Any) -> None:
    if verdict := deployment_status.verdict(deployment_status.status(shaped("FlinkDeployment", flink))):
        written({"Ready": verdict})


@given(mutated(PIPELINE, NAMED | {path for path in [("spec",), ("metadata", "generation"), ("metadata", "uid")]}))
@cases()
def test_a_status_that_somebody_has_edited(body: Any) -> None:
    body = shaped("TracedPipeline", body | {"spec": copy.deepcopy(BODY["spec"])})
    TracedPipeline.parse(body)
    old = body.get("status", {})
    new = written({"Ready": READY, "TracesFlowing": READY}, old)
    failed = failed_status(old, 2, Verdict(False, "ReconcileError", "it fails"), NOW)
    for status in (new, failed):
        transitions(old, status)
        quiet.transition(old, status)
        quiet.figures_moved(old, status)


@pytest.mark.parametrize(
    ("kind", "good"),
    [
        ("Pod", POD),
        ("Deployment", DEPLOYMENT),
        ("Kafka", KAFKA),
        ("KafkaTopic", TOPIC),
        ("KafkaUser", USER),
        ("FlinkDeployment", FLINK),
        ("TracedPipeline", PIPELINE),
    ],
)
def test_what_is_as_it_should_be_stays_so(kind: str, good: dict[str, Any]) -> None:
    assert shaped(kind, good) == good
