"""How a pipeline gets into a Kafka cluster that Strimzi runs: what is to be written for it, and what it waits for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracedpipeline import naming, reasons
from tracedpipeline.api import KafkaCluster, TracedPipeline
from tracedpipeline.kafka.connection import Clients, KafkaConnection, alike
from tracedpipeline.kafka.strimzi import access_resources, checks, cluster_resources, users
from tracedpipeline.kafka.strimzi.listeners import Listener, choose
from tracedpipeline.kafka.strimzi.metadata import goes_with
from tracedpipeline.kafka.strimzi.snapshot import KafkaSnapshot, Object, Secret, not_ready
from tracedpipeline.kafka.topics import disappeared, too_few_partitions
from tracedpipeline.kubernetes_api.ownership import belongs_to
from tracedpipeline.verdict import Verdict

TOPIC_FINALIZER = "strimzi.io/topic-operator"
# Whose Kafka it is, or that there can be none: nothing is written.
_HANDS_OFF = {reasons.STRIMZI_NOT_INSTALLED, reasons.KAFKA_NOT_ALLOWED, reasons.KAFKA_NOT_OWNED}


@dataclass(frozen=True)
class Access:
    """The objects to write for it; how clients connect, empty while that is unknown; the verdict on all of it.

    The verdict is None where Strimzi has no say in the topics, so that Kafka itself has to be asked; `secrets` has what
    that takes. `cluster_id` is what Strimzi tells;
    `held` names the topics that would never go if the pipeline was deleted now.
    """

    verdict: Verdict | None
    objects: tuple[dict[str, Any], ...] = ()
    clients: Clients = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    cluster_id: str | None = None
    held: tuple[str, ...] = ()


def access(pipeline: TracedPipeline, cluster: KafkaCluster, snapshot: KafkaSnapshot) -> Access:
    """Return the pipeline's access, as far as there is one yet."""
    blocked = checks.of_cluster(pipeline, cluster, snapshot)
    if blocked and blocked.reason in _HANDS_OFF:
        return Access(blocked)
    own = tuple(_cluster(pipeline, cluster))
    if blocked or snapshot.kafka is None:
        return Access(blocked, own)
    listener = choose(snapshot.kafka, cluster.listener)
    if isinstance(listener, Verdict):
        return Access(listener, own)
    if cluster.namespace not in (None, pipeline.namespace):
        return _from_elsewhere(pipeline, cluster, listener)
    return _here(pipeline, cluster, snapshot, listener, own)


def held(pipeline: TracedPipeline, snapshot: KafkaSnapshot) -> tuple[str, ...]:
    """Return the topics that wait, once deleted, for a topic operator that goes together with them.

    With `deletionPolicy: Delete` it uses no finalizers, but those of before go only when it has come up like that.
    """
    cluster = pipeline.spec.kafka.cluster
    if not (cluster and cluster.create and goes_with(pipeline)):
        return ()
    topics = ((topic["metadata"]["name"], topic["metadata"].get("finalizers") or ()) for topic in snapshot.topics)
    return tuple(sorted(name for name, finalizers in topics if TOPIC_FINALIZER in finalizers))


def _cluster(pipeline: TracedPipeline, cluster: KafkaCluster) -> Iterator[dict[str, Any]]:
    if cluster.create:
        yield from cluster_resources.node_pools(pipeline, cluster)
        yield cluster_resources.kafka(pipeline, cluster)


def _from_elsewhere(pipeline: TracedPipeline, cluster: KafkaCluster, listener: Listener) -> Access:
    if listener.authentication:
        message = (
            f"listener {listener.name!r} of Kafka {cluster.namespace}/{cluster.name} asks for a user, whose Secret "
            f"would be in namespace {cluster.namespace}: put the pipeline there, or name a listener without "
            "authentication"
        )
        return Access(not_ready(reasons.KAFKA_IN_OTHER_NAMESPACE, message))
    connection = KafkaConnection(
        listener.bootstrap_servers, listener.protocol, ca_certificates=users.bundle(listener, None)
    )
    return Access(None, tuple(_trust(pipeline, connection)), alike(connection))


def _trust(pipeline: TracedPipeline, connection: KafkaConnection) -> Iterator[dict[str, Any]]:
    if connection.ca_certificates:
        yield access_resources.ca_certificates(pipeline, connection.ca_certificates)


def _here(
    pipeline: TracedPipeline,
    cluster: KafkaCluster,
    snapshot: KafkaSnapshot,
    listener: Listener,
    own: tuple[dict[str, Any], ...],
) -> Access:
    topics = topics_by_name(pipeline, snapshot)
    made = [name for name in pipeline.spec.topics if _is_made(pipeline, topics.get(name))]
    gone = [name for name in made if name not in topics and name in pipeline.kafka_record.topics]
    objects = (
        *own,
        *(access_resources.topic(pipeline, cluster, name) for name in made if name not in gone),
        *users.wanted(pipeline, cluster, snapshot, listener),
    )
    connection, waits = users.connections(pipeline, cluster, snapshot, listener)
    topic_waits = [checks.of_topic(name, topics, made=name in made) for name in pipeline.spec.topics]
    if gone:
        return Access(disappeared("KafkaTopic", gone, pipeline.spec), objects)
    problem = waits or next(filter(None, topic_waits), None) or _too_few(pipeline, topics)
    if waits or not _all_exist(topics, made):
        return Access(problem, objects)
    objects += tuple(_trust(pipeline, connection[naming.CONSUMER]))
    return Access(problem or _ready(pipeline, cluster, listener), objects, connection)


def topics_by_name(pipeline: TracedPipeline, snapshot: KafkaSnapshot) -> dict[str, Object]:
    """Return the resources of topics by the topics' names in Kafka; the pipeline's own before others'."""

    def is_own(topic: Object) -> bool:
        return belongs_to("KafkaTopic", topic, pipeline)

    return {_name(topic): topic for topic in sorted(snapshot.topics, key=is_own)}


def _name(topic: Object) -> str:
    said = (topic.get("status") or {}).get("topicName") or topic["spec"].get("topicName")
    return str(said or topic["metadata"]["name"])


def _is_made(pipeline: TracedPipeline, topic: Object | None) -> bool:
    """Return whether the pipeline has a resource for the topic: it would go with its data if it were left out."""
    if topic is None:
        return pipeline.spec.kafka.topic.create
    return belongs_to("KafkaTopic", topic, pipeline)


def _all_exist(topics: Mapping[str, Object], made: list[str]) -> bool:
    """Return whether Kafka has the topics: before that a client might make one, of the broker's own kind."""
    return all((topics.get(name, {}).get("status") or {}).get("topicId") for name in made)


def _too_few(pipeline: TracedPipeline, topics: Mapping[str, Object]) -> Verdict | None:
    wanted = pipeline.spec.kafka.topic
    topic = topics.get(wanted.name)
    if topic is None or (partitions := topic["spec"].get("partitions")) is None or partitions >= wanted.partitions:
        return None
    return too_few_partitions(f"KafkaTopic {topic['metadata']['name']}", partitions, wanted.partitions)


def _ready(pipeline: TracedPipeline, cluster: KafkaCluster, listener: Listener) -> Verdict:
    message = f"topic {pipeline.spec.kafka.topic.name} is in Kafka {cluster.name}, listener {listener.name}"
    return Verdict(True, reasons.TOPIC_READY, f"{message} at {listener.bootstrap_servers}")
