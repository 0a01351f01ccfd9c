"""A pipeline's topics: taken along when it is deleted, and what Kafka says of one that it refuses."""

from tests.e2e import kube
from tests.e2e.strimzi.steps import Strimzi


def test_deleting_the_pipeline_takes_the_topics_where_the_spec_says_so(strimzi: Strimzi) -> None:
    namespace = strimzi.namespace
    kafka = {"cluster": {"name": "demo"}, "topic": {"name": "For_A_While", "deletionPolicy": "Delete"}}
    kube.apply(kube.pipeline(namespace, "brief", kafka=kafka))
    kube.until_condition(namespace, "brief", "KafkaReady", "True", seconds=60)
    assert strimzi.partitions("For_A_While") == 3
    kube.kubectl("delete", "tp", "brief", "-n", namespace)
    kube.until("the topic is gone", 60, lambda: strimzi.partitions("For_A_While") == 0)


def test_what_kafka_says_of_a_topic_is_quoted(strimzi: Strimzi) -> None:
    namespace = strimzi.namespace
    kafka = {"cluster": {"name": "demo"}, "topic": {"name": "twice", "replicas": 2, "deletionPolicy": "Delete"}}
    kube.apply(kube.pipeline(namespace, "copies", kafka=kafka, consumer={"groupId": "copies"}))
    words = "InvalidReplicationFactorException"
    kube.until_condition(namespace, "copies", "KafkaReady", "False", "TopicNotReady", seconds=150, words=words)
    kube.kubectl("delete", "tp", "copies", "-n", namespace)


def test_a_topic_that_strimzi_does_not_manage_is_used_as_it_is(strimzi: Strimzi) -> None:
    namespace = strimzi.namespace
    kube.apply(_topic(namespace, "theirs", "theirs"))
    kube.until("the topic is there", 60, lambda: strimzi.partitions("theirs") == 3)
    kube.kubectl("annotate", "kafkatopic", "theirs", "-n", namespace, "strimzi.io/managed=false")
    kube.until("Strimzi says so", 60, lambda: _condition(namespace, "theirs")["type"] == "Unmanaged")
    kafka = {"cluster": {"name": "demo"}, "topic": {"name": "theirs", "deletionPolicy": "Delete"}}
    kube.apply(kube.pipeline(namespace, "guest", kafka=kafka, consumer={"groupId": "guests"}))
    kube.until_condition(namespace, "guest", "KafkaReady", "True", "TopicReady", seconds=60)
    kube.kubectl("delete", "tp", "guest", "-n", namespace)
    assert strimzi.partitions("theirs") == 3
    kube.kubectl("annotate", "kafkatopic", "theirs", "-n", namespace, "strimzi.io/managed-")
    kube.kubectl("delete", "kafkatopic", "theirs", "-n", namespace)


def test_another_resource_for_the_pipelines_topic_changes_nothing(strimzi: Strimzi) -> None:
    namespace = strimzi.namespace
    kafka = {"cluster": {"name": "demo"}, "topic": {"name": "contested", "deletionPolicy": "Delete"}}
    kube.apply(kube.pipeline(namespace, "first", kafka=kafka, consumer={"groupId": "first"}))
    kube.until_condition(namespace, "first", "KafkaReady", "True", "TopicReady", seconds=60)
    kube.apply(_topic(namespace, "rival", "contested"))
    kube.until("Strimzi refuses it", 60, lambda: _condition(namespace, "rival").get("reason") == "ResourceConflict")
    before = _last_trace(namespace, "first")
    kube.until("a trace after that", 240, lambda: _last_trace(namespace, "first") not in (None, before))
    assert kube.condition(namespace, "first", "KafkaReady")["reason"] == "TopicReady"
    kube.kubectl("delete", "tp", "first", "-n", namespace)
    kube.kubectl("delete", "kafkatopic", "rival", "-n", namespace)


def _topic(namespace: str, resource: str, name: str) -> kube.Object:
    """Somebody else's resource for a topic."""
    labels = {"strimzi.io/cluster": "demo"}
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaTopic",
        "metadata": {"name": resource, "namespace": namespace, "labels": labels},
        "spec": {"topicName": name, "partitions": 3, "replicas": 1},
    }


def _condition(namespace: str, topic: str) -> kube.Object:
    status = kube.get(namespace, "kafkatopic", topic).get("status", {})
    return dict([*status.get("conditions", ()), {"type": "absent"}][0])


def _last_trace(namespace: str, name: str) -> object:
    return kube.get(namespace, "tp", name)["status"].get("lastTrace")
