"""Kafka is not there, hangs, or has another topic than the spec wants."""

import pytest

from tests.e2e import kube, node


def test_nothing_answers_at_the_bootstrap_servers(namespace: str) -> None:
    body = kube.pipeline(namespace, "orders")
    servers = body["spec"]["kafka"]["bootstrapServers"] = "nowhere.kafka.svc:9092"
    kube.apply(body)
    kube.until_condition(namespace, "orders", "KafkaReady", "False", "KafkaUnreachable", words=servers)
    kube.until_condition(namespace, "orders", "JaegerReady", "True")
    kube.until_condition(namespace, "orders", "Ready", "False", words=servers)


def test_a_topic_with_fewer_partitions_is_left_alone(namespace: str) -> None:
    topic = f"{namespace}-orders"
    kube.kubectl(
        "exec", "-n", "kafka", "deploy/kafka", "--", "/opt/kafka/bin/kafka-topics.sh", "--bootstrap-server",
        "localhost:9092", "--create", "--if-not-exists", "--topic", topic, "--partitions", "1",
    )  # fmt: skip
    kube.apply(kube.pipeline(namespace, "orders"))
    words = "has 1 partitions, kafka.topic.partitions wants 3"
    kube.until_condition(namespace, "orders", "Stalled", "True", "TopicHasFewerPartitions", words=words)


@pytest.mark.alone
def test_kafka_hangs_for_a_while_and_traces_flow_again(flowing: tuple[str, str]) -> None:
    namespace, name = flowing
    before = kube.get(namespace, "tp", name)["status"]["lastTrace"]["time"]
    with node.stopped(node.KAFKA):
        kube.until_condition(namespace, name, "KafkaReady", "False", "KafkaUnreachable")
    kube.until_condition(namespace, name, "KafkaReady", "True")

    def again() -> bool:
        status = kube.get(namespace, "tp", name)["status"]
        flowing_now = next(c for c in status["conditions"] if c["type"] == "TracesFlowing")
        return bool(flowing_now["status"] == "True" and status["lastTrace"]["time"] > before)

    kube.until("a trace that was sent after the pause", 240, again)
