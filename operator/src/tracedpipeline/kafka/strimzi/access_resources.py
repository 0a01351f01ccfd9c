"""Topics, users and trust of a pipeline in a cluster that Strimzi runs (kafka.strimzi.io/v1)."""

from collections.abc import Iterable
from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import KafkaCluster, TracedPipeline
from tracedpipeline.kafka import topics
from tracedpipeline.kafka.connection import CA_KEY
from tracedpipeline.kafka.strimzi.metadata import kept, of_cluster, owned, topic_object_name
from tracedpipeline.kubernetes_api import objects
from tracedpipeline.kubernetes_api.kinds import type_meta

Acl = dict[str, Any]


def topic(pipeline: TracedPipeline, cluster: KafkaCluster, name: str) -> dict[str, Any]:
    """Return a topic."""
    wanted = pipeline.spec.kafka.topic
    spec: dict[str, Any] = {
        "topicName": name,
        "partitions": wanted.partitions,
        "config": topics.configuration(wanted),
    }
    if wanted.replicas:
        spec["replicas"] = wanted.replicas
    metadata = kept(pipeline, topic_object_name(name), of_cluster(cluster.name))
    return {**type_meta("KafkaTopic"), "metadata": metadata, "spec": spec}


def user(
    pipeline: TracedPipeline, cluster: KafkaCluster, component: str, *, authentication: str, authorized: bool
) -> dict[str, Any]:
    """Return the user of a client; it may do what it has to and nothing else, where the cluster asks for rights."""
    spec: dict[str, Any] = {"authentication": {"type": authentication}}
    if authorized:
        spec["authorization"] = {"type": "simple", "acls": list(acls(pipeline, component))}
    name = naming.component(pipeline.name, component)
    metadata = owned(pipeline, name, of_cluster(cluster.name))
    return {**type_meta("KafkaUser"), "metadata": metadata, "spec": spec}


def acls(pipeline: TracedPipeline, component: str) -> Iterable[Acl]:
    """Return the least rights that producer or consumer need."""
    topic_name, *written = pipeline.spec.topics
    if component == naming.PRODUCER:
        yield _acl("topic", topic_name, "Write", "Describe")
        return
    group = pipeline.spec.consumer.group_id
    yield _acl("topic", topic_name, "Read", "Describe")
    yield _acl("group", group, "Read", "Describe")
    yield _acl("group", f"{group}.redrive", "Read", "Describe")  # which dead letters went back to their topic
    for name in written:
        # Its dead letters it may read, too: `find` does so as this user.
        read = ("Read",) if name == pipeline.spec.dead_letter_topic else ()
        yield _acl("topic", name, *read, "Write", "Describe")
    if (flink := pipeline.spec.consumer.by_flink) and flink.delivery == "ExactlyOnce":
        # The ids of the sinks' transactions begin with the group.
        yield _acl("transactionalId", f"{group}-", "Write", "Describe", pattern="prefix")


def _acl(kind: str, name: str, *operations: str, pattern: str = "literal") -> Acl:
    return {"resource": {"type": kind, "name": name, "patternType": pattern}, "operations": list(operations)}


def ca_certificates(pipeline: TracedPipeline, certificates: str) -> dict[str, Any]:
    """Return the certificates that the brokers' own are signed with; they are public."""
    return {
        **type_meta("ConfigMap"),
        "metadata": objects.metadata(pipeline, naming.KAFKA, naming.ca_certificates(pipeline.name)),
        "data": {CA_KEY: certificates},
    }
