"""What is wrong with the cluster, its topics and users, in the words of Strimzi where it has said something."""

from collections.abc import Mapping

from tracedpipeline import reasons
from tracedpipeline.api import KafkaCluster, TracedPipeline
from tracedpipeline.kafka.strimzi.snapshot import PAUSED, Object, Shown, condition, failure, paused, up_to_date, waiting
from tracedpipeline.kubernetes_api.ownership import belongs_to
from tracedpipeline.observed import Verdict

NOT_INSTALLED = waiting(
    reasons.STRIMZI_NOT_INSTALLED,
    "the API server does not know kafka.strimzi.io/v1: install Strimzi 1.0 or later, or name kafka.bootstrapServers",
)


def of_cluster(pipeline: TracedPipeline, cluster: KafkaCluster, shown: Shown) -> Verdict | None:
    """Return what keeps the cluster from being used; None where it is ready."""
    where = cluster.namespace or pipeline.namespace
    if not shown.installed:
        return NOT_INSTALLED
    if shown.denied:
        message = f"the operator may not read Kafka {where}/{cluster.name}: {shown.denied}"
        return waiting(reasons.KAFKA_NOT_ALLOWED, f"{message}: add the namespace to the chart's watchNamespaces")
    if shown.kafka is None:
        if cluster.create:
            return waiting(reasons.KAFKA_NOT_READY, f"Kafka {cluster.name} is being created")
        message = f"namespace {where} has no Kafka {cluster.name}: make it, fix the name, or set kafka.cluster.create"
        return waiting(reasons.KAFKA_NOT_FOUND, message)
    if cluster.create and not belongs_to("Kafka", shown.kafka, pipeline):
        message = f"Kafka {cluster.name} is there and not this pipeline's: remove kafka.cluster.create to use it"
        return waiting(reasons.KAFKA_NOT_OWNED, f"{message}, or choose another name")
    return _of_kafka(f"Kafka {cluster.name}", shown.kafka)


def _of_kafka(name: str, kafka: Object) -> Verdict | None:
    if paused(kafka):
        return _paused(name, reasons.KAFKA_PAUSED)
    if condition(kafka, "Ready"):
        return None
    if said := failure(kafka):
        return waiting(reasons.KAFKA_NOT_READY, f"{name}: {said}")
    message = f"Strimzi has said nothing of {name}: does its operator run, and watch this namespace?"
    return waiting(reasons.KAFKA_NOT_READY, message)


def _paused(what: str, reason: str) -> Verdict:
    return waiting(reason, f"Strimzi's work on {what} is paused: remove its annotation {PAUSED[0]}")


def of_user(name: str, users: Mapping[str, Object]) -> Verdict | None:
    """Return what is wrong with a user; None where Strimzi made it."""
    user = users.get(name)
    if user is None:
        return waiting(reasons.USER_NOT_READY, f"KafkaUser {name} is being created")
    return _of_entity("KafkaUser", name, user, reasons.USER_NOT_READY)


def of_topic(name: str, topics: Mapping[str, Object], *, made: bool) -> Verdict | None:
    """Return what is wrong with a topic; None where it is as it should be, or is not to be made."""
    topic = topics.get(name)
    if topic is None:
        return waiting(reasons.TOPIC_NOT_READY, f"KafkaTopic {name} is being created") if made else None
    if condition(topic, "Unmanaged"):
        return None
    return _of_entity("KafkaTopic", topic["metadata"]["name"], topic, reasons.TOPIC_NOT_READY)


def _of_entity(kind: str, name: str, entity: Object, reason: str) -> Verdict | None:
    if paused(entity):
        return _paused(f"{kind} {name}", reason)
    if not up_to_date(entity):
        return waiting(reason, f"Strimzi has not yet looked at {kind} {name}: does its entity operator run?")
    if said := failure(entity):
        return waiting(reason, f"{kind} {name}: {said}")
    if condition(entity, "Ready"):
        return None
    return waiting(reason, f"Strimzi has not yet said that {kind} {name} is ready")
