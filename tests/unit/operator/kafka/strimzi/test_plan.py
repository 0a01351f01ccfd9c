from dataclasses import replace
from typing import Any

import pytest
from tracedpipeline import naming, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka.strimzi import Access, Shown, access

from tests.unit.operator.conftest import body
from tests.unit.operator.kafka.strimzi.conftest import MTLS, NEW, OLD, PLAIN, SCRAM, TLS, kafka, pipeline, topic, user

CREATING = {"type": "NotReady", "status": "True", "reason": "Creating", "message": "Kafka cluster is being deployed"}


def enter(shown: Shown, **kafka_spec: Any) -> Access:
    of = pipeline(**kafka_spec)
    assert of.spec.kafka.cluster
    return access(of, of.spec.kafka.cluster, shown)


def written(way: Access) -> list[str]:
    return [f"{o['kind']}/{o['metadata']['name']}" for o in way.objects]


def reason(way: Access) -> str:
    assert way.verdict
    return way.verdict.reason


def test_everything_is_ready(shown: Shown) -> None:
    way = enter(shown)
    assert way.verdict
    assert (way.verdict.ok, way.verdict.reason) == (True, reasons.TOPIC_READY)
    assert written(way) == [
        "KafkaTopic/traced-topic",
        "KafkaTopic/traced-topic.dlq",
        "KafkaUser/orders-producer",
        "KafkaUser/orders-consumer",
        "ConfigMap/orders-kafka-ca",
    ]
    for component in naming.KAFKA_CLIENTS:
        client = way.clients[component]
        assert (client.protocol, client.certificate_secret) == ("SSL", f"orders-{component}")
        assert client.bootstrap_servers == "demo-kafka-bootstrap.shop.svc:9094"


def test_old_and_new_certificates_of_the_cluster_are_trusted(shown: Shown) -> None:
    assert enter(shown).clients[naming.CONSUMER].ca_certificates == NEW + OLD


def test_a_renewed_certificate_is_another_revision_of_that_client_alone(shown: Shown) -> None:
    before = enter(shown).clients
    renewed = {**shown.secrets, "orders-producer": {"user.crt": b"another", "user.key": b"key"}}
    after = enter(replace(shown, secrets=renewed)).clients
    assert after[naming.PRODUCER].revision != before[naming.PRODUCER].revision
    assert after[naming.CONSUMER] == before[naming.CONSUMER]


def test_scram(shown: Shown) -> None:
    secret = {"password": b"p" * 32, "sasl.jaas.config": b"unused"}
    secrets = {"orders-producer": secret, "orders-consumer": secret}
    client = enter(replace(shown, kafka=kafka(SCRAM), secrets=secrets)).clients[naming.PRODUCER]
    assert (client.protocol, client.mechanism) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (client.username, client.credentials_secret) == ("orders-producer", "orders-producer")


@pytest.mark.parametrize("listener", [PLAIN, TLS])
def test_without_authentication_there_are_no_users(shown: Shown, listener: dict[str, Any]) -> None:
    way = enter(replace(shown, kafka=kafka(listener), users={}, secrets={}))
    assert not [name for name in written(way) if name.startswith("KafkaUser")]
    assert way.clients[naming.PRODUCER].certificate_secret is None
    assert bool(way.clients[naming.PRODUCER].ca_certificates) == listener["tls"]


def test_rights_are_for_clusters_that_ask_for_them(shown: Shown) -> None:
    users = [o for o in enter(replace(shown, kafka=kafka(MTLS))).objects if o["kind"] == "KafkaUser"]
    assert [o["spec"] for o in users] == [{"authentication": {"type": "tls"}}] * 2


NOT_USABLE = [
    (Shown(installed=False), reasons.STRIMZI_NOT_INSTALLED, "install Strimzi"),
    (Shown(), reasons.KAFKA_NOT_FOUND, "namespace shop has no Kafka demo"),
    (Shown(kafka=kafka(MTLS, conditions=[CREATING])), reasons.KAFKA_NOT_READY, "Creating: Kafka cluster is being"),
    (Shown(kafka=kafka(MTLS, conditions=[])), reasons.KAFKA_NOT_READY, "Strimzi has said nothing of Kafka demo"),
    (
        Shown(kafka=kafka(MTLS, conditions=[{"type": "ReconciliationPaused", "status": "True"}])),
        reasons.KAFKA_PAUSED,
        "strimzi.io/pause-reconciliation",
    ),
]


@pytest.mark.parametrize(("shown", "why", "said"), NOT_USABLE, ids=[why for _, why, _ in NOT_USABLE])
def test_the_cluster_cannot_be_used(shown: Shown, why: str, said: str) -> None:
    way = enter(shown)
    assert way.verdict
    assert (way.verdict.ok, way.verdict.reason) == (False, why)
    assert said in way.verdict.message
    assert (way.objects, way.clients) == ((), {})


def test_a_listener_that_is_not_there(shown: Shown) -> None:
    way = enter(shown, cluster={"name": "demo", "listener": "other"})
    assert (reason(way), way.clients) == (reasons.LISTENER_NOT_FOUND, {})


FAILED = {"type": "Ready", "status": "False", "reason": "KafkaError", "message": "InvalidReplicationFactorException"}


def test_a_user_that_strimzi_refuses(shown: Shown) -> None:
    way = enter(replace(shown, users={**shown.users, "orders-consumer": user("orders-consumer", FAILED)}))
    assert way.verdict
    assert way.verdict.message == "KafkaUser orders-consumer: KafkaError: InvalidReplicationFactorException"
    assert (reason(way), way.clients) == (reasons.USER_NOT_READY, {})


@pytest.mark.parametrize("lost", ["user.key", "orders-producer"])
def test_a_secret_that_is_missing(shown: Shown, lost: str) -> None:
    secrets = {name: {**secret} for name, secret in shown.secrets.items()}
    (secrets if lost in secrets else secrets["orders-producer"]).pop(lost)
    way = enter(replace(shown, secrets=secrets))
    assert (reason(way), way.clients) == (reasons.SECRET_MISSING, {})


def test_users_and_topics_that_are_being_made(shown: Shown) -> None:
    way = enter(replace(shown, topics=[], users={}, secrets={}))
    assert (reason(way), way.clients) == (reasons.USER_NOT_READY, {})
    assert "KafkaTopic/traced-topic" in written(way)


def test_no_client_before_its_topic_is_in_kafka(shown: Shown) -> None:
    new = topic("traced-topic", FAILED)
    del new["status"]["topicId"]
    way = enter(replace(shown, topics=[new, shown.topics[1]]))
    assert (reason(way), way.clients) == (reasons.TOPIC_NOT_READY, {})


def test_a_topic_that_cannot_be_changed_stops_no_client(shown: Shown) -> None:
    refused = {**FAILED, "reason": "NotSupported", "message": "Decreasing partitions not supported"}
    way = enter(replace(shown, topics=[topic("traced-topic", refused), shown.topics[1]]))
    assert way.verdict
    assert way.verdict.message == "KafkaTopic traced-topic: NotSupported: Decreasing partitions not supported"
    assert way.clients


def test_a_topic_that_strimzi_has_not_looked_at_since_it_was_changed(shown: Shown) -> None:
    changed = topic("traced-topic")
    changed["metadata"]["generation"] = 2
    assert reason(enter(replace(shown, topics=[changed, shown.topics[1]]))) == reasons.TOPIC_NOT_READY


def test_somebody_elses_topic_is_used_and_left_alone(shown: Shown) -> None:
    theirs = topic("traced-topic", own=False)
    theirs["metadata"]["name"] = "their-name"
    way = enter(replace(shown, topics=[theirs, shown.topics[1]]))
    assert written(way)[0] == "KafkaTopic/traced-topic.dlq"
    assert reason(way) == reasons.TOPIC_READY
    few = enter(replace(shown, topics=[topic("traced-topic", own=False, partitions=2), shown.topics[1]]))
    assert reason(few) == reasons.TOPIC_HAS_FEWER_PARTITIONS


@pytest.mark.parametrize("rival_first", [True, False])
def test_another_resource_for_an_own_topic_does_not_count(shown: Shown, rival_first: bool) -> None:
    refused = {"type": "Ready", "status": "False", "reason": "ResourceConflict", "message": "Managed by Ref{…}"}
    rival = topic("traced-topic", refused, own=False)
    topics = [rival, *shown.topics] if rival_first else [*shown.topics, rival]
    way = enter(replace(shown, topics=topics))
    assert reason(way) == reasons.TOPIC_READY
    assert "KafkaTopic/traced-topic" in written(way)


def test_a_topic_that_strimzi_does_not_manage(shown: Shown) -> None:
    unmanaged = topic("traced-topic", {"type": "Unmanaged", "status": "True"}, own=False)
    assert reason(enter(replace(shown, topics=[unmanaged, shown.topics[1]]))) == reasons.TOPIC_READY


def test_without_create_no_topic_is_made_but_an_own_one_stays(shown: Shown) -> None:
    assert written(enter(replace(shown, topics=[]), topic={"create": False}))[0] == "KafkaUser/orders-producer"
    assert written(enter(shown, topic={"create": False}))[0] == "KafkaTopic/traced-topic"


def test_another_namespace_is_for_listeners_without_authentication(shown: Shown) -> None:
    there = {"name": "demo", "namespace": "kafka"}
    refused = enter(shown, cluster=there)
    assert (reason(refused), refused.objects, refused.clients) == (reasons.KAFKA_IN_OTHER_NAMESPACE, (), {})
    plain = enter(shown, cluster={**there, "listener": "plain"})
    assert (plain.verdict, plain.objects) == (None, ())
    assert plain.clients[naming.PRODUCER].bootstrap_servers == "demo-kafka-bootstrap.shop.svc:9092"
    tls = enter(replace(shown, kafka=kafka(TLS)), cluster=there)
    assert (tls.verdict, written(tls)) == (None, ["ConfigMap/orders-kafka-ca"])


def creating(shown: Shown, **cluster: Any) -> Access:
    return enter(shown, cluster={"name": "demo", "create": True, **cluster})


def test_a_cluster_is_made() -> None:
    way = creating(Shown())
    assert written(way) == ["KafkaNodePool/demo-dual-role", "Kafka/demo"]
    assert (reason(way), way.clients) == (reasons.KAFKA_NOT_READY, {})
    three = creating(Shown(), replicas=3)
    assert written(three) == ["KafkaNodePool/demo-controllers", "KafkaNodePool/demo-brokers", "Kafka/demo"]


def test_nobody_elses_cluster_is_touched(shown: Shown) -> None:
    way = creating(shown)
    assert (reason(way), way.objects, way.clients) == (reasons.KAFKA_NOT_OWNED, (), {})
    other = kafka(MTLS)
    other["metadata"]["ownerReferences"] = [{"uid": "another pipeline of the same name", "controller": True}]
    other["metadata"]["labels"] = {"app.kubernetes.io/managed-by": naming.FIELD_MANAGER, naming.INSTANCE: "orders"}
    assert reason(creating(Shown(kafka=other))) == reasons.KAFKA_NOT_OWNED


def test_a_cluster_that_was_kept_is_the_pipelines_again(shown: Shown) -> None:
    kept = kafka(PLAIN, MTLS)
    kept["metadata"]["labels"] = {"app.kubernetes.io/managed-by": naming.FIELD_MANAGER, naming.INSTANCE: "orders"}
    assert reason(creating(replace(shown, kafka=kept))) == reasons.TOPIC_READY


def test_what_goes_with_the_pipeline_and_what_outlives_it() -> None:
    def owned(policy: str) -> set[bool]:
        spec = {"cluster": {"name": "demo", "create": True}, "topic": {"deletionPolicy": policy}}
        of = TracedPipeline.parse(body(kafka=spec))
        assert of.spec.kafka.cluster
        return {"ownerReferences" in o["metadata"] for o in access(of, of.spec.kafka.cluster, Shown()).objects}

    assert (owned("Retain"), owned("Delete")) == ({False}, {True})
