"""The Kafka cluster that the stories use."""

from typing import Any

from tests.e2e import kube


def make(namespace: str) -> None:
    """Kafka demo, ready: one listener for users by certificate, one by password, one for everybody."""
    kube.apply(_nodes(namespace), _kafka(namespace))
    kube.until("Kafka is ready", 300, lambda: _is_ready(namespace))


def _is_ready(namespace: str) -> bool:
    conditions = kube.get(namespace, "kafka", "demo").get("status", {}).get("conditions", ())
    return any((c["type"], c["status"]) == ("Ready", "True") for c in conditions)


def _nodes(namespace: str) -> dict[str, Any]:
    # A restart would take all from a single node that keeps nothing, the users' rights with it.
    storage = {"type": "persistent-claim", "size": "1Gi", "deleteClaim": True}
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaNodePool",
        "metadata": {"name": "dual-role", "namespace": namespace, "labels": {"strimzi.io/cluster": "demo"}},
        "spec": {"replicas": 1, "roles": ["controller", "broker"], "storage": storage},
    }


def _kafka(namespace: str) -> dict[str, Any]:
    def listener(name: str, port: int, authentication: str | None, *, tls: bool) -> dict[str, Any]:
        asked = {"authentication": {"type": authentication}} if authentication else {}
        return {"name": name, "port": port, "type": "internal", "tls": tls, **asked}

    listeners = [
        listener("plain", 9092, None, tls=False),
        listener("tls", 9093, "tls", tls=True),
        listener("scram", 9094, "scram-sha-512", tls=True),
    ]
    one = {"default.replication.factor": 1, "min.insync.replicas": 1, "offsets.topic.replication.factor": 1}
    one |= {"transaction.state.log.replication.factor": 1, "transaction.state.log.min.isr": 1}
    authorization = {"type": "simple", "superUsers": ["ANONYMOUS"]}  # for the story's own questions
    broker = {"listeners": listeners, "authorization": authorization, "config": one}
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "Kafka",
        "metadata": {"name": "demo", "namespace": namespace},
        "spec": {"kafka": broker, "entityOperator": {"topicOperator": {}, "userOperator": {}}},
    }
