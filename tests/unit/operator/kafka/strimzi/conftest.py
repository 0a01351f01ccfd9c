"""A Kafka cluster, its topics and users as a Strimzi 1.2 shows them."""

from typing import Any

import pytest
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka.strimzi import KafkaSnapshot

from tests.unit.operator.conftest import body

READY = {"type": "Ready", "status": "True"}
WARNING = {"type": "Warning", "status": "True", "reason": "KafkaStorage", "message": "A Kafka cluster with a single …"}
OWN_LABELS = {
    "app.kubernetes.io/managed-by": "tracedpipeline-operator",
    "app.kubernetes.io/instance": "orders",
}
NEW = "-----BEGIN CERTIFICATE-----\nbmV3\n-----END CERTIFICATE-----\n"
OLD = "-----BEGIN CERTIFICATE-----\nb2xk\n-----END CERTIFICATE-----\n"

PLAIN: dict[str, Any] = {"name": "plain", "port": 9092, "type": "internal", "tls": False}
TLS: dict[str, Any] = {"name": "tls", "port": 9093, "type": "internal", "tls": True}
MTLS: dict[str, Any] = {**TLS, "name": "mtls", "port": 9094, "authentication": {"type": "tls"}}
SCRAM: dict[str, Any] = {**TLS, "name": "scram", "port": 9095, "authentication": {"type": "scram-sha-512"}}
OAUTH: dict[str, Any] = {**TLS, "name": "oauth", "port": 9096, "authentication": {"type": "custom"}}
OUTSIDE: dict[str, Any] = {**MTLS, "name": "outside", "port": 9097, "type": "nodeport"}


def pipeline(**kafka: Any) -> TracedPipeline:
    return TracedPipeline.parse(body(kafka={"cluster": {"name": "demo"}, **kafka}))


def listener_status(listener: dict[str, Any]) -> dict[str, Any]:
    status = {"name": listener["name"], "bootstrapServers": f"demo-kafka-bootstrap.shop.svc:{listener['port']}"}
    return status | ({"certificates": [NEW]} if listener["tls"] else {})


def kafka(*listeners: dict[str, Any], conditions: list[dict[str, Any]] | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "demo", "namespace": "shop", "generation": 1},
        "spec": {"kafka": {"listeners": list(listeners), **spec}},
        "status": {
            "observedGeneration": 1,
            "conditions": [WARNING, READY] if conditions is None else conditions,
            "listeners": [listener_status(listener) for listener in listeners],
        },
    }


def topic(name: str, *conditions: dict[str, Any], own: bool = True, partitions: int = 3) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "generation": 1, "labels": OWN_LABELS if own else {}},
        "spec": {"partitions": partitions},
        "status": {
            "observedGeneration": 1,
            "topicName": name,
            "topicId": f"id of {name}",
            "conditions": list(conditions or [READY]),
        },
    }


def user(name: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "generation": 1},
        "status": {"observedGeneration": 1, "conditions": list(conditions or [READY]), "secret": name},
    }


@pytest.fixture
def snapshot() -> KafkaSnapshot:
    """All that a pipeline with an mTLS listener needs."""
    secret = {"user.crt": b"certificate", "user.key": b"key"}
    return KafkaSnapshot(
        kafka=kafka(PLAIN, MTLS, authorization={"type": "simple"}),
        topics=[topic("traced-topic"), topic("traced-topic.dlq")],
        users={name: user(name) for name in ("orders-producer", "orders-consumer")},
        secrets={
            "orders-producer": secret,
            "orders-consumer": secret,
            "demo-cluster-ca-cert": {"ca.crt": NEW.encode(), "ca-2026.crt": OLD.encode(), "ca.password": b"x"},
        },
    )
