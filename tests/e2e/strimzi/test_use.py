"""A pipeline uses an existing Kafka cluster: users by certificate and password, rights, renewals, Strimzi's messages.

Kafka, TLS, certificates and rights are real, whether Strimzi is real or not.
"""

from pathlib import Path

import pytest
import yaml

from tests.e2e import kube
from tests.e2e.strimzi import steps
from tests.e2e.strimzi.steps import Strimzi

EXAMPLE = Path(__file__).parents[3] / "examples" / "strimzi.yaml"


@pytest.fixture(scope="module")
def by_certificate(strimzi: Strimzi) -> Strimzi:
    """The example, once its traces flow."""
    body = yaml.safe_load(EXAMPLE.read_text())
    body["metadata"]["namespace"] = strimzi.namespace
    kube.apply(body)
    kube.until_condition(strimzi.namespace, steps.NAME, "TracesFlowing", "True", seconds=180)
    return strimzi


def test_the_first_trace_goes_through_tls_with_users_and_rights(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    kafka = kube.condition(namespace, steps.NAME, "KafkaReady")
    assert (kafka["status"], kafka["reason"]) == ("True", "TopicReady")
    assert "listener tls at demo-kafka-bootstrap" in kafka["message"]
    topic = kube.get(namespace, "kafkatopic", "traced-topic")["spec"]
    assert topic["config"] == {"retention.ms": 172800000, "message.timestamp.type": "LogAppendTime"}
    assert "ownerReferences" not in kube.get(namespace, "kafkatopic", "traced-topic")["metadata"]
    operations = kube.get(namespace, "kafkauser", "orders-producer")["spec"]["authorization"]["acls"]
    assert [acl["operations"] for acl in operations] == [["Write", "Describe"]]


def test_a_renewed_certificate_replaces_that_clients_pods_and_no_message_is_lost(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    before = {component: steps.pods(namespace, component) for component in ("producer", "consumer")}
    by_certificate.renew_user("orders-producer")
    kube.until("the producer's pods are others", 90, lambda: not steps.pods(namespace, "producer") & before["producer"])
    kube.until_condition(namespace, steps.NAME, "Ready", "True", seconds=90)
    assert steps.pods(namespace, "consumer") == before["consumer"]
    steps.nothing_is_lost(by_certificate)


@pytest.mark.timeout(720)  # as long as its own limits together
def test_another_key_of_the_clusters_authority(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    before = steps.pods(namespace, "consumer")
    by_certificate.renew_cluster_ca()
    # The old one is trusted as long as a node may have it. Strimzi itself looks every two minutes.
    kube.until("both are trusted", 240, lambda: _trusted(namespace) == 2)
    kube.until("the consumer's pods are others", 180, lambda: not steps.pods(namespace, "consumer") & before)
    kube.until_condition(namespace, steps.NAME, "Ready", "True", seconds=240)
    steps.nothing_is_lost(by_certificate)


@pytest.mark.parametrize(
    ("user", "component", "denied"),
    [
        ("orders-producer", "ProducerReady", "TOPIC_AUTHORIZATION_FAILED"),
        ("orders-consumer", "ConsumerReady", "_AUTHORIZATION_FAILED"),
    ],
)
def test_rights_that_are_taken_away_are_named_by_the_client(
    by_certificate: Strimzi, user: str, component: str, denied: str
) -> None:
    namespace = by_certificate.namespace
    by_certificate.revoke(user)
    try:
        kube.until_condition(
            namespace, steps.NAME, component, "False", "AuthorizationDenied", seconds=120, words=denied
        )
    finally:
        by_certificate.grant(user)
    kube.until_condition(namespace, steps.NAME, component, "True", seconds=120)
    steps.nothing_is_lost(by_certificate)


def test_strimzis_words_about_a_topic_are_quoted_and_nothing_stops(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    pods = steps.pods(namespace, "producer") | steps.pods(namespace, "consumer")
    steps.patch(namespace, {"kafka": {"topic": {"partitions": 3}}})
    words = "KafkaTopic traced-topic: NotSupported: Decreasing partitions not supported"
    kube.until_condition(namespace, steps.NAME, "KafkaReady", "False", "TopicNotReady", seconds=30, words=words)
    steps.patch(namespace, {"kafka": {"topic": {"partitions": 6}}})
    kube.until_condition(namespace, steps.NAME, "KafkaReady", "True", seconds=30)
    assert steps.pods(namespace, "producer") | steps.pods(namespace, "consumer") == pods


def test_more_partitions(by_certificate: Strimzi) -> None:
    steps.patch(by_certificate.namespace, {"kafka": {"topic": {"partitions": 8}}})
    kube.until_condition(by_certificate.namespace, steps.NAME, "KafkaReady", "True", seconds=30)

    def there() -> bool:
        return bool(by_certificate.partitions("traced-topic") == 8)

    kube.until("Kafka has them", 30, there)


def test_an_unready_and_a_paused_kafka_and_another_listener_stop_nothing(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    pods = steps.pods(namespace, "producer") | steps.pods(namespace, "consumer")
    words = "Unsupported Kafka.spec.kafka.version: 3.9.0"
    steps.patch_kafka(namespace, {"version": "3.9.0"})
    kube.until_condition(namespace, steps.NAME, "KafkaReady", "False", "KafkaNotReady", seconds=60, words=words)
    steps.patch_kafka(namespace, {"version": None})
    kube.until_condition(namespace, steps.NAME, "KafkaReady", "True", seconds=60)
    pause = "strimzi.io/pause-reconciliation"
    kube.kubectl("annotate", "kafka", "demo", "-n", namespace, f"{pause}=true")
    kube.until_condition(namespace, steps.NAME, "KafkaReady", "False", "KafkaPaused", seconds=60)
    kube.kubectl("annotate", "kafka", "demo", "-n", namespace, f"{pause}-")
    kube.until_condition(namespace, steps.NAME, "KafkaReady", "True", seconds=60)
    steps.patch(namespace, {"kafka": {"cluster": {"listener": "other"}}})
    kube.until_condition(namespace, steps.NAME, "KafkaReady", "False", "ListenerNotFound", seconds=60)
    steps.patch(namespace, {"kafka": {"cluster": {"listener": None}}})
    kube.until_condition(namespace, steps.NAME, "KafkaReady", "True", seconds=60)
    assert steps.pods(namespace, "producer") | steps.pods(namespace, "consumer") == pods


def test_users_with_passwords(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    steps.patch(namespace, {"kafka": {"cluster": {"listener": "scram"}}})
    kube.until("the users are others", 60, lambda: _authentication(namespace) == "scram-sha-512")
    kube.until_condition(namespace, steps.NAME, "Ready", "True", seconds=120)
    kube.until_condition(namespace, steps.NAME, "TracesFlowing", "True", seconds=120)
    steps.nothing_is_lost(by_certificate)


def test_deleting_the_pipeline_keeps_the_topics_and_takes_the_users(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    kube.kubectl("delete", "tp", steps.NAME, "-n", namespace)
    kube.until("the users are gone", 60, lambda: not kube.get(namespace, "kafkausers")["items"])
    topics = {topic["metadata"]["name"] for topic in kube.get(namespace, "kafkatopics")["items"]}
    assert topics >= {"traced-topic", "traced-topic.dlq"}


def _trusted(namespace: str) -> int:
    bundle: str = kube.get(namespace, "configmap", "orders-kafka-ca")["data"]["ca.crt"]
    return bundle.count("BEGIN CERTIFICATE")


def _authentication(namespace: str) -> str:
    return str(kube.get(namespace, "kafkauser", "orders-consumer")["spec"]["authentication"]["type"])
