"""The pipeline's Kafka is one that Strimzi runs: real Kafka, TLS, certificates and rights; Strimzi itself is played."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e import kube
from tests.e2e.conftest import FLINK_SECONDS, make_namespace
from tests.e2e.strimzi import crds
from tests.e2e.strimzi.double import Strimzi
from tests.e2e.strimzi.itself import StrimziItself

GOLDENS = Path(__file__).parents[1] / "golden"
EXAMPLE = Path(__file__).parents[2] / "examples" / "strimzi.yaml"
NAME = "orders"


@pytest.fixture(scope="module")
def installed() -> Iterator[None]:
    if crds.by_strimzi():
        pytest.skip("Strimzi itself runs here: tests/e2e/test_strimzi_itself.py")
    crds.install()
    yield
    crds.uninstall()


@pytest.fixture(scope="module")
def strimzi(installed: None) -> Iterator[Strimzi]:
    """A namespace with Kafka demo in it: one listener for users by certificate, one by password, one without."""
    for namespace in make_namespace("e2e-strimzi"):
        with _played(namespace) as played:
            kube.apply(_kafka(namespace))
            kube.kubectl("wait", "kafka/demo", "-n", namespace, "--for=condition=Ready", "--timeout=110s")
            yield played
            kube.kubectl("delete", "tp,kafkatopics,kafkausers", "--all", "-n", namespace, "--wait")


@contextmanager
def _played(namespace: str) -> Iterator[Strimzi]:
    played = Strimzi(namespace)
    played.start()
    try:
        yield played
    finally:
        played.stop()


@pytest.fixture(scope="module")
def by_certificate(strimzi: Strimzi) -> Strimzi:
    """The example, once its traces flow."""
    body = yaml.safe_load(EXAMPLE.read_text())
    body["metadata"]["namespace"] = strimzi.namespace
    kube.apply(body)
    kube.until_condition(strimzi.namespace, NAME, "TracesFlowing", "True", seconds=180)
    return strimzi


def _kafka(namespace: str) -> dict[str, Any]:
    def listener(name: str, port: int, authentication: str | None, *, tls: bool) -> dict[str, Any]:
        asked = {"authentication": {"type": authentication}} if authentication else {}
        return {"name": name, "port": port, "type": "internal", "tls": tls, **asked}

    listeners = [
        listener("plain", 9092, None, tls=False),
        listener("tls", 9093, "tls", tls=True),
        listener("scram", 9094, "scram-sha-512", tls=True),
    ]
    broker = {"listeners": listeners, "authorization": {"type": "simple"}}
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "Kafka",
        "metadata": {"name": "demo", "namespace": namespace},
        "spec": {"kafka": broker, "entityOperator": {"topicOperator": {}, "userOperator": {}}},
    }


def test_the_first_trace_goes_through_tls_with_users_and_rights(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    kafka = kube.condition(namespace, NAME, "KafkaReady")
    assert (kafka["status"], kafka["reason"]) == ("True", "TopicReady")
    assert "listener tls at demo-kafka-bootstrap" in kafka["message"]
    topic = kube.get(namespace, "kafkatopic", "traced-topic")["spec"]
    assert topic["config"] == {"retention.ms": 172800000, "message.timestamp.type": "LogAppendTime"}
    assert "ownerReferences" not in kube.get(namespace, "kafkatopic", "traced-topic")["metadata"]
    operations = kube.get(namespace, "kafkauser", "orders-producer")["spec"]["authorization"]["acls"]
    assert [acl["operations"] for acl in operations] == [["Write", "Describe"]]


def test_a_renewed_certificate_replaces_that_clients_pods_and_no_message_is_lost(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    before = {which: _pods(namespace, which) for which in ("producer", "consumer")}
    by_certificate.renew_user("orders-producer")
    kube.until("the producer's pods are others", 90, lambda: not _pods(namespace, "producer") & before["producer"])
    kube.until_condition(namespace, NAME, "Ready", "True", seconds=90)
    assert _pods(namespace, "consumer") == before["consumer"]
    _nothing_is_lost(by_certificate)


def test_another_key_of_the_clusters_authority(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    before = _pods(namespace, "consumer")
    by_certificate.renew_cluster_ca()
    kube.until("the consumer's pods are others", 120, lambda: not _pods(namespace, "consumer") & before)
    bundle = kube.get(namespace, "configmap", "orders-kafka-ca")["data"]["ca.crt"]
    assert bundle.count("BEGIN CERTIFICATE") == 2, "the old one is trusted as long as a node may have it"
    kube.until_condition(namespace, NAME, "Ready", "True", seconds=120)
    _nothing_is_lost(by_certificate)


@pytest.mark.parametrize(
    ("user", "component", "denied"),
    [
        ("orders-producer", "ProducerReady", "TOPIC_AUTHORIZATION_FAILED"),
        ("orders-consumer", "ConsumerReady", "(TOPIC|GROUP)_AUTHORIZATION_FAILED"),
    ],
)
def test_rights_that_are_taken_away_are_named_by_the_client(
    by_certificate: Strimzi, user: str, component: str, denied: str
) -> None:
    namespace = by_certificate.namespace
    by_certificate.revoke(user)
    found = kube.until_condition(namespace, NAME, component, "False", "AuthorizationDenied", seconds=120)
    assert re.search(denied, found["message"])
    by_certificate.grant(user)
    kube.until_condition(namespace, NAME, component, "True", seconds=120)
    _nothing_is_lost(by_certificate)


def test_strimzis_words_about_a_topic_are_quoted_and_nothing_stops(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    pods = _pods(namespace, "producer") | _pods(namespace, "consumer")
    _patch(namespace, {"kafka": {"topic": {"partitions": 3}}})
    found = kube.until_condition(namespace, NAME, "KafkaReady", "False", "TopicNotReady", seconds=30)
    assert found["message"] == "KafkaTopic traced-topic: NotSupported: Decreasing partitions not supported"
    _patch(namespace, {"kafka": {"topic": {"partitions": 6}}})
    kube.until_condition(namespace, NAME, "KafkaReady", "True", seconds=30)
    assert _pods(namespace, "producer") | _pods(namespace, "consumer") == pods


def test_more_partitions(by_certificate: Strimzi) -> None:
    _patch(by_certificate.namespace, {"kafka": {"topic": {"partitions": 8}}})
    kube.until_condition(by_certificate.namespace, NAME, "KafkaReady", "True", seconds=30)

    def there() -> bool:
        return bool(by_certificate.partitions("traced-topic") == 8)

    kube.until("Kafka has them", 30, there)


def test_an_unready_and_a_paused_kafka_and_another_listener_stop_nothing(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    pods = _pods(namespace, "producer") | _pods(namespace, "consumer")
    words = "Unsupported Kafka.spec.kafka.version: 3.9.0"
    by_certificate.fail("Kafka", "demo", "UnsupportedKafkaVersionException", words)
    found = kube.until_condition(namespace, NAME, "KafkaReady", "False", "KafkaNotReady", seconds=60)
    assert words in found["message"]
    by_certificate.mend("Kafka", "demo")
    kube.until_condition(namespace, NAME, "KafkaReady", "True", seconds=60)
    pause = "strimzi.io/pause-reconciliation"
    kube.kubectl("annotate", "kafka", "demo", "-n", namespace, f"{pause}=true")
    kube.until_condition(namespace, NAME, "KafkaReady", "False", "KafkaPaused", seconds=60)
    kube.kubectl("annotate", "kafka", "demo", "-n", namespace, f"{pause}-")
    kube.until_condition(namespace, NAME, "KafkaReady", "True", seconds=60)
    _patch(namespace, {"kafka": {"cluster": {"listener": "other"}}})
    kube.until_condition(namespace, NAME, "KafkaReady", "False", "ListenerNotFound", seconds=60)
    _patch(namespace, {"kafka": {"cluster": {"listener": None}}})
    kube.until_condition(namespace, NAME, "KafkaReady", "True", seconds=60)
    assert _pods(namespace, "producer") | _pods(namespace, "consumer") == pods


def test_users_with_passwords(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    _patch(namespace, {"kafka": {"cluster": {"listener": "scram"}}})
    kube.until("the users are others", 60, lambda: _authentication(namespace) == "scram-sha-512")
    kube.until_condition(namespace, NAME, "Ready", "True", seconds=120)
    kube.until_condition(namespace, NAME, "TracesFlowing", "True", seconds=120)
    _nothing_is_lost(by_certificate)


def test_flink_goes_the_same_way_and_survives_a_renewal(strimzi: Strimzi) -> None:
    namespace = strimzi.namespace
    kafka = {"cluster": {"name": "demo"}, "topic": {"name": "streamed", "deletionPolicy": "Delete"}}
    # A node of two processors is nearly full by now.
    little = {"resources": {"requests": {"cpu": "50m"}}}
    consumer = {"engine": "Flink", "groupId": "streaming", "flink": {"jobManager": little, "taskManager": little}}
    kube.apply(kube.pipeline(namespace, "stream", kafka=kafka, consumer=consumer))
    kube.until_condition(namespace, "stream", "TracesFlowing", "True", seconds=FLINK_SECONDS)
    strimzi.renew_user("stream-consumer")
    kube.until_condition(namespace, "stream", "ConsumerReady", "False", "StoppingWithSavepoint", seconds=90)
    kube.until_condition(namespace, "stream", "ConsumerReady", "True", "JobRunning", seconds=FLINK_SECONDS)
    ends = sum(strimzi.ends("streamed").values())
    kube.until("a result of each order", 90, lambda: sum(strimzi.ends("streamed.results").values()) >= ends)
    kube.kubectl("delete", "tp", "stream", "-n", namespace)
    kube.kubectl("wait", "pod", "-l", "app.kubernetes.io/instance=stream", "-n", namespace, "--for=delete")


def test_deleting_the_pipeline_keeps_the_topics_and_takes_the_users(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    kube.kubectl("delete", "tp", NAME, "-n", namespace)
    kube.until("the users are gone", 60, lambda: not kube.get(namespace, "kafkausers")["items"])
    assert {t["metadata"]["name"] for t in kube.get(namespace, "kafkatopics")["items"]} == {
        "traced-topic",
        "traced-topic.dlq",
    }


def test_or_takes_the_topics_too(strimzi: Strimzi) -> None:
    namespace = strimzi.namespace
    kafka = {"cluster": {"name": "demo"}, "topic": {"name": "For_A_While", "deletionPolicy": "Delete"}}
    kube.apply(kube.pipeline(namespace, "brief", kafka=kafka))
    kube.until_condition(namespace, "brief", "KafkaReady", "True", seconds=60)
    assert strimzi.partitions("For_A_While") == 3
    kube.kubectl("delete", "tp", "brief", "-n", namespace)
    kube.until("the topic is gone", 60, lambda: strimzi.partitions("For_A_While") == 0)


def test_nobody_elses_kafka_is_made_anew(strimzi: Strimzi) -> None:
    namespace = strimzi.namespace
    before = kube.get(namespace, "kafka", "demo", "--show-managed-fields")["metadata"]
    kube.apply(
        kube.pipeline(
            namespace, "maker", kafka={"cluster": {"name": "demo", "create": True}}, consumer={"groupId": "maker"}
        )
    )
    kube.until_condition(namespace, "maker", "Ready", "False", "KafkaNotOwned", seconds=30)
    assert kube.condition(namespace, "maker", "Stalled")["status"] == "True"
    after = kube.get(namespace, "kafka", "demo", "--show-managed-fields")["metadata"]
    writers = {field["manager"] for field in after["managedFields"]}
    assert "tracedpipeline-operator" not in writers
    assert (after["generation"], after["uid"]) == (before["generation"], before["uid"])
    kube.kubectl("delete", "tp", "maker", "-n", namespace)


def test_a_cluster_of_its_own_comes_and_goes_with_the_pipeline(installed: None, namespace: str) -> None:
    kafka = {"cluster": {"name": "own", "create": True}, "topic": {"deletionPolicy": "Delete"}}
    with _played(namespace):
        kube.apply(kube.pipeline(namespace, NAME, kafka=kafka))
        kube.until_condition(namespace, NAME, "TracesFlowing", "True", seconds=180)
        assert kube.get(namespace, "kafkanodepool", "own-dual-role")["spec"]["roles"] == ["controller", "broker"]
        kube.kubectl("delete", "tp", NAME, "-n", namespace)
        what = "kafkas,kafkanodepools,kafkatopics,kafkausers,deployments,pods"
        kube.until("all of it is gone", 120, lambda: not kube.get(namespace, what)["items"])


@pytest.mark.parametrize("golden", ["strimzi", "strimzi-create"])
def test_the_objects_of_the_examples_are_accepted(installed: None, namespace: str, golden: str) -> None:
    for wanted in yaml.safe_load_all((GOLDENS / f"{golden}.yaml").read_text()):
        wanted["metadata"] |= {"namespace": namespace}
        kube.kubectl("create", "--dry-run=server", "--validate=strict", "--filename", "-", given=json.dumps(wanted))
        if wanted["kind"] == "Kafka":
            wanted["spec"]["kafka"]["replicas"] = 3
            with pytest.raises(kube.KubectlError, match=r'unknown field "spec\.kafka\.replicas"'):
                kube.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", given=json.dumps(wanted))


def test_another_namespaces_kafka(strimzi: Strimzi, namespace: str) -> None:
    there = {"name": "demo", "namespace": strimzi.namespace}
    kube.apply(kube.pipeline(namespace, "far", kafka={"cluster": there}))
    found = kube.until_condition(namespace, "far", "Ready", "False", "KafkaInOtherNamespace", seconds=30)
    assert "asks for a user, whose Secret would be in namespace e2e-strimzi" in found["message"]


def _patch(namespace: str, spec: dict[str, Any]) -> None:
    patch = json.dumps({"spec": spec})
    kube.kubectl("patch", "tp", NAME, "-n", namespace, "--type=merge", "--patch", patch)


def _pods(namespace: str, which: str) -> set[str]:
    found = kube.get(namespace, "pods", "--selector", f"app.kubernetes.io/name={which}")["items"]
    return {pod["metadata"]["uid"] for pod in found}


def _authentication(namespace: str) -> str:
    return str(kube.get(namespace, "kafkauser", "orders-consumer")["spec"]["authentication"]["type"])


def _nothing_is_lost(strimzi: Strimzi | StrimziItself) -> None:
    """The group's position comes to what is in the topic at this moment; nothing was put aside."""
    ends = strimzi.ends("traced-topic")

    def read() -> bool:
        committed = strimzi.committed("trace-group", "traced-topic")
        return all(committed.get(partition, 0) >= end for partition, end in ends.items())

    kube.until("all of it is read", 90, read)
    assert not any(strimzi.ends("traced-topic.dlq").values())
    print(f"{sum(ends.values())} messages, all read")
