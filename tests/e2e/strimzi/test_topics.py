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
    kube.until_condition(namespace, "copies", "KafkaReady", "False", "TopicNotReady", seconds=60)
    kube.until("Kafka's own words", 30, lambda: _says(namespace, "copies", "InvalidReplicationFactorException"))
    kube.kubectl("delete", "tp", "copies", "-n", namespace)


def _says(namespace: str, name: str, words: str) -> bool:
    return words in kube.condition(namespace, name, "KafkaReady").get("message", "")
