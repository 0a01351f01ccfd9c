"""The Kafka cluster is in another namespace."""

from tests.e2e import kube
from tests.e2e.strimzi.steps import Strimzi


def test_another_namespaces_kafka(strimzi: Strimzi, namespace: str) -> None:
    there = {"name": "demo", "namespace": strimzi.namespace}
    kube.apply(kube.pipeline(namespace, "far", kafka={"cluster": there}))
    words = "asks for a user, whose Secret would be in namespace e2e-strimzi"
    kube.until_condition(namespace, "far", "Ready", "False", "KafkaInOtherNamespace", seconds=30, words=words)
    kube.kubectl("delete", "tp", "far", "-n", namespace)
    kafka = {"cluster": there | {"listener": "plain"}, "topic": {"name": "from-afar"}}
    kube.apply(kube.pipeline(namespace, "plain", kafka=kafka, consumer={"groupId": "from-afar"}))
    kube.until_condition(namespace, "plain", "TracesFlowing", "True", seconds=120)
    assert strimzi.partitions("from-afar") == 3
