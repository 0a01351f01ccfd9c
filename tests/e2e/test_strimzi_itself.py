"""The stories of test_strimzi.py with Strimzi itself, where `make kind-up` could install it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import kube
from tests.e2e import test_strimzi as played
from tests.e2e.conftest import make_namespace
from tests.e2e.strimzi import crds
from tests.e2e.strimzi.itself import StrimziItself as Strimzi

GOLDENS = Path(__file__).parents[1] / "golden"
EXAMPLE = Path(__file__).parents[2] / "examples" / "strimzi.yaml"
NAME = "orders"


@pytest.fixture(scope="module")
def installed() -> Iterator[None]:
    if not crds.by_strimzi():
        pytest.skip("Strimzi does not run here: no registry has its images for us")
    yield


@pytest.fixture(scope="module")
def strimzi(installed: None) -> Iterator[Strimzi]:
    """A namespace with Kafka demo in it: one listener for users by certificate, one by password, one without."""
    for namespace in make_namespace("e2e-strimzi"):
        with _strimzi(namespace) as running:
            kube.apply(_nodes(namespace), _kafka(namespace))
            kube.until("Kafka is ready", 300, partial(_is_ready, namespace))
            yield running
            kube.kubectl("delete", "tp,kafkatopics,kafkausers", "--all", "-n", namespace, "--wait")


@contextmanager
def _strimzi(namespace: str) -> Iterator[Strimzi]:
    running = Strimzi(namespace)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def _is_ready(namespace: str) -> bool:
    conditions = kube.get(namespace, "kafka", "demo").get("status", {}).get("conditions", ())
    return any((c["type"], c["status"]) == ("Ready", "True") for c in conditions)


def _nodes(namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaNodePool",
        "metadata": {"name": "dual-role", "namespace": namespace, "labels": {"strimzi.io/cluster": "demo"}},
        "spec": {"replicas": 1, "roles": ["controller", "broker"], "storage": {"type": "ephemeral"}},
    }


by_certificate = played.by_certificate


def _kafka(namespace: str) -> dict[str, Any]:
    def listener(name: str, port: int, authentication: str | None, *, tls: bool) -> dict[str, Any]:
        asked = {"authentication": {"type": authentication}} if authentication else {}
        return {"name": name, "port": port, "type": "internal", "tls": tls, **asked}

    listeners = [
        listener("plain", 9092, None, tls=False),
        listener("tls", 9093, "tls", tls=True),
        listener("scram", 9094, "scram-sha-512", tls=True),
    ]
    one = {"default.replication.factor": 1, "min.insync.replicas": 1, "offsets.topic.replication.factor": 1}
    one |= {"transaction.state.log.replication.factor": 1, "transaction.state.log.min.isr": 1}
    authorization = {"type": "simple", "superUsers": ["ANONYMOUS"]}  # for the story's own questions
    broker = {"listeners": listeners, "authorization": authorization, "config": one}
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "Kafka",
        "metadata": {"name": "demo", "namespace": namespace},
        "spec": {"kafka": broker, "entityOperator": {"topicOperator": {}, "userOperator": {}}},
    }


test_the_first_trace_goes_through_tls_with_users_and_rights = (
    played.test_the_first_trace_goes_through_tls_with_users_and_rights
)
test_a_renewed_certificate_replaces_that_clients_pods_and_no_message_is_lost = (
    played.test_a_renewed_certificate_replaces_that_clients_pods_and_no_message_is_lost
)


def test_another_key_of_the_clusters_authority(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    before = played._pods(namespace, "consumer")
    by_certificate.renew_cluster_ca()
    # The old one is trusted as long as a node may have it.
    kube.until("both are trusted", 120, lambda: _trusted(namespace) == 2)
    kube.until("the consumer's pods are others", 180, lambda: not played._pods(namespace, "consumer") & before)
    kube.until_condition(namespace, NAME, "Ready", "True", seconds=240)
    played._nothing_is_lost(by_certificate)


test_rights_that_are_taken_away_are_named_by_the_client = played.test_rights_that_are_taken_away_are_named_by_the_client
test_strimzis_words_about_a_topic_are_quoted_and_nothing_stops = (
    played.test_strimzis_words_about_a_topic_are_quoted_and_nothing_stops
)
test_more_partitions = played.test_more_partitions


def test_an_unready_and_a_paused_kafka_and_another_listener_stop_nothing(by_certificate: Strimzi) -> None:
    namespace = by_certificate.namespace
    pods = played._pods(namespace, "producer") | played._pods(namespace, "consumer")
    words = "Unsupported Kafka.spec.kafka.version: 3.9.0"
    _patch_kafka(namespace, {"version": "3.9.0"})
    found = kube.until_condition(namespace, NAME, "KafkaReady", "False", "KafkaNotReady", seconds=60)
    assert words in found["message"]
    _patch_kafka(namespace, {"version": None})
    kube.until_condition(namespace, NAME, "KafkaReady", "True", seconds=60)
    pause = "strimzi.io/pause-reconciliation"
    kube.kubectl("annotate", "kafka", "demo", "-n", namespace, f"{pause}=true")
    kube.until_condition(namespace, NAME, "KafkaReady", "False", "KafkaPaused", seconds=60)
    kube.kubectl("annotate", "kafka", "demo", "-n", namespace, f"{pause}-")
    kube.until_condition(namespace, NAME, "KafkaReady", "True", seconds=60)
    played._patch(namespace, {"kafka": {"cluster": {"listener": "other"}}})
    kube.until_condition(namespace, NAME, "KafkaReady", "False", "ListenerNotFound", seconds=60)
    played._patch(namespace, {"kafka": {"cluster": {"listener": None}}})
    kube.until_condition(namespace, NAME, "KafkaReady", "True", seconds=60)
    assert played._pods(namespace, "producer") | played._pods(namespace, "consumer") == pods


test_users_with_passwords = played.test_users_with_passwords
test_flink_goes_the_same_way_and_survives_a_renewal = played.test_flink_goes_the_same_way_and_survives_a_renewal
test_deleting_the_pipeline_keeps_the_topics_and_takes_the_users = (
    played.test_deleting_the_pipeline_keeps_the_topics_and_takes_the_users
)
test_or_takes_the_topics_too = played.test_or_takes_the_topics_too


def test_what_kafka_says_of_a_topic_is_quoted(strimzi: Strimzi) -> None:
    namespace = strimzi.namespace
    kafka = {"cluster": {"name": "demo"}, "topic": {"name": "twice", "replicas": 2, "deletionPolicy": "Delete"}}
    kube.apply(kube.pipeline(namespace, "copies", kafka=kafka, consumer={"groupId": "copies"}))
    kube.until_condition(namespace, "copies", "KafkaReady", "False", "TopicNotReady", seconds=60)
    kube.until("Kafka's own words", 30, lambda: _says(namespace, "copies", "InvalidReplicationFactorException"))
    kube.kubectl("delete", "tp", "copies", "-n", namespace)


def _says(namespace: str, name: str, words: str) -> bool:
    return words in kube.condition(namespace, name, "KafkaReady").get("message", "")


test_nobody_elses_kafka_is_made_anew = played.test_nobody_elses_kafka_is_made_anew


def test_a_cluster_of_its_own_comes_and_goes_with_the_pipeline(installed: None, namespace: str) -> None:
    kafka = {"cluster": {"name": "own", "create": True}, "topic": {"deletionPolicy": "Delete"}}
    with _strimzi(namespace):
        kube.apply(kube.pipeline(namespace, NAME, kafka=kafka))
        kube.until_condition(namespace, NAME, "TracesFlowing", "True", seconds=300)
        assert kube.get(namespace, "kafkanodepool", "own-dual-role")["spec"]["roles"] == ["controller", "broker"]
        kube.kubectl("delete", "tp", NAME, "-n", namespace)
        what = "kafkas,kafkanodepools,kafkatopics,kafkausers,deployments,pods"
        kube.until("all of it is gone", 120, lambda: not kube.get(namespace, what)["items"])


test_the_objects_of_the_examples_are_accepted = played.test_the_objects_of_the_examples_are_accepted


def test_another_namespaces_kafka(strimzi: Strimzi, namespace: str) -> None:
    there = {"name": "demo", "namespace": strimzi.namespace}
    kube.apply(kube.pipeline(namespace, "far", kafka={"cluster": there}))
    found = kube.until_condition(namespace, "far", "Ready", "False", "KafkaInOtherNamespace", seconds=30)
    assert "asks for a user, whose Secret would be in namespace e2e-strimzi" in found["message"]
    kube.kubectl("delete", "tp", "far", "-n", namespace)
    kafka = {"cluster": there | {"listener": "plain"}, "topic": {"name": "from-afar"}}
    kube.apply(kube.pipeline(namespace, "plain", kafka=kafka, consumer={"groupId": "from-afar"}))
    kube.until_condition(namespace, "plain", "TracesFlowing", "True", seconds=120)
    assert strimzi.partitions("from-afar") == 3


def _patch_kafka(namespace: str, fields: dict[str, Any]) -> None:
    patch = json.dumps({"spec": {"kafka": fields}})
    kube.kubectl("patch", "kafka", "demo", "-n", namespace, "--type=merge", "--patch", patch)


def _trusted(namespace: str) -> int:
    bundle: str = kube.get(namespace, "configmap", "orders-kafka-ca")["data"]["ca.crt"]
    return bundle.count("BEGIN CERTIFICATE")
