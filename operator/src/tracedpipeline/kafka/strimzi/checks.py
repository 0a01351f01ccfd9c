"""What is wrong with the cluster, its topics and users, in the words of Strimzi where it has said something."""

from collections.abc import Mapping
from dataclasses import dataclass

from tracedpipeline import reasons
from tracedpipeline.api import KafkaCluster, TracedPipeline
from tracedpipeline.kafka.strimzi.snapshot import (
    PAUSED,
    KafkaSnapshot,
    Object,
    condition,
    failure,
    not_ready,
    paused,
    up_to_date,
)
from tracedpipeline.kubernetes_api.ownership import belongs_to
from tracedpipeline.verdict import Verdict, first

NOT_INSTALLED = not_ready(
    reasons.STRIMZI_NOT_INSTALLED,
    "the API server does not know kafka.strimzi.io/v1: install Strimzi 1.0 or later, or name kafka.bootstrapServers",
)


def of_cluster(pipeline: TracedPipeline, cluster: KafkaCluster, snapshot: KafkaSnapshot) -> Verdict | None:
    """Return what keeps the cluster from being used; None where it is ready."""
    return first(check(pipeline, cluster, snapshot) for check in CLUSTER_CHECKS)


def _not_installed(_: TracedPipeline, __: KafkaCluster, snapshot: KafkaSnapshot) -> Verdict | None:
    return None if snapshot.installed else NOT_INSTALLED


def _denied(pipeline: TracedPipeline, cluster: KafkaCluster, snapshot: KafkaSnapshot) -> Verdict | None:
    if not snapshot.denied:
        return None
    message = f"the operator may not read Kafka {_where(pipeline, cluster)}/{cluster.name}: {snapshot.denied}"
    return not_ready(reasons.KAFKA_NOT_ALLOWED, f"{message}: add the namespace to the chart's watchNamespaces")


def _absent(pipeline: TracedPipeline, cluster: KafkaCluster, snapshot: KafkaSnapshot) -> Verdict | None:
    if snapshot.kafka is not None:
        return None
    if cluster.create:
        return not_ready(reasons.KAFKA_NOT_READY, f"Kafka {cluster.name} is being created")
    message = f"namespace {_where(pipeline, cluster)} has no Kafka {cluster.name}"
    return not_ready(reasons.KAFKA_NOT_FOUND, f"{message}: make it, fix the name, or set kafka.cluster.create")


def _where(pipeline: TracedPipeline, cluster: KafkaCluster) -> str:
    return cluster.namespace or pipeline.namespace


def _not_owned(pipeline: TracedPipeline, cluster: KafkaCluster, snapshot: KafkaSnapshot) -> Verdict | None:
    if not (cluster.create and snapshot.kafka) or belongs_to("Kafka", snapshot.kafka, pipeline):
        return None
    message = f"Kafka {cluster.name} is there and not this pipeline's: remove kafka.cluster.create to use it"
    return not_ready(reasons.KAFKA_NOT_OWNED, f"{message}, or choose another name")


def _not_ready(_: TracedPipeline, cluster: KafkaCluster, snapshot: KafkaSnapshot) -> Verdict | None:
    if snapshot.kafka is None:
        return None
    kafka = Entity("Kafka", cluster.name, snapshot.kafka, reasons.KAFKA_NOT_READY, reasons.KAFKA_PAUSED)
    return first(check(kafka) for check in KAFKA_CHECKS)


@dataclass(frozen=True)
class Entity:
    """A resource that Strimzi reports of, and the reasons for it where it does not work."""

    kind: str
    name: str
    body: Object
    reason: str
    paused_reason: str


def of_user(name: str, users: Mapping[str, Object]) -> Verdict | None:
    """Return what is wrong with a user; None where Strimzi made it."""
    user = users.get(name)
    if user is None:
        return not_ready(reasons.USER_NOT_READY, f"KafkaUser {name} is being created")
    return _of_entity("KafkaUser", name, user, reasons.USER_NOT_READY)


def of_topic(name: str, topics: Mapping[str, Object], *, made: bool) -> Verdict | None:
    """Return what is wrong with a topic; None where it is as it should be, or is not to be made."""
    topic = topics.get(name)
    if topic is None:
        return not_ready(reasons.TOPIC_NOT_READY, f"KafkaTopic {name} is being created") if made else None
    if condition(topic, "Unmanaged"):
        return None
    return _of_entity("KafkaTopic", topic["metadata"]["name"], topic, reasons.TOPIC_NOT_READY)


def _of_entity(kind: str, name: str, body: Object, reason: str) -> Verdict | None:
    entity = Entity(kind, name, body, reason, paused_reason=reason)
    return first(check(entity) for check in ENTITY_CHECKS)


def _paused(entity: Entity) -> Verdict | None:
    if not paused(entity.body):
        return None
    message = f"Strimzi's work on {entity.kind} {entity.name} is paused: remove its annotation {PAUSED[0]}"
    return not_ready(entity.paused_reason, message)


def _not_looked_at(entity: Entity) -> Verdict | None:
    if up_to_date(entity.body):
        return None
    message = f"Strimzi has not yet looked at {entity.kind} {entity.name}: does its entity operator run?"
    return not_ready(entity.reason, message)


def _failed(entity: Entity) -> Verdict | None:
    said = failure(entity.body)
    return not_ready(entity.reason, f"{entity.kind} {entity.name}: {said}") if said else None


def _kafka_failed(kafka: Entity) -> Verdict | None:
    return None if condition(kafka.body, "Ready") else _failed(kafka)


def _kafka_unknown(kafka: Entity) -> Verdict | None:
    if condition(kafka.body, "Ready"):
        return None
    message = f"Strimzi has said nothing of Kafka {kafka.name}: does its operator run, and watch this namespace?"
    return not_ready(kafka.reason, message)


def _unknown(entity: Entity) -> Verdict | None:
    if condition(entity.body, "Ready"):
        return None
    return not_ready(entity.reason, f"Strimzi has not yet said that {entity.kind} {entity.name} is ready")


# The first that has a verdict decides.
CLUSTER_CHECKS = (_not_installed, _denied, _absent, _not_owned, _not_ready)
KAFKA_CHECKS = (_paused, _kafka_failed, _kafka_unknown)
ENTITY_CHECKS = (_paused, _not_looked_at, _failed, _unknown)
