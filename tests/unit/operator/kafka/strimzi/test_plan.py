from dataclasses import replace
from typing import Any

import pytest
from tracedpipeline import naming, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka.strimzi import Access, KafkaSnapshot, access, held

from tests.unit.operator.conftest import body
from tests.unit.operator.kafka.strimzi.conftest import MTLS, NEW, OLD, PLAIN, SCRAM, TLS, kafka, pipeline, topic, user

CREATING = {"type": "NotReady", "status": "True", "reason": "Creating", "message": "Kafka cluster is being deployed"}


def enter(snapshot: KafkaSnapshot, **kafka_spec: Any) -> Access:
    of = pipeline(**kafka_spec)
    assert of.spec.kafka.cluster
    return access(of, of.spec.kafka.cluster, snapshot)


def written(found: Access) -> list[str]:
    return [f"{o['kind']}/{o['metadata']['name']}" for o in found.objects]


def reason(found: Access) -> str:
    assert found.verdict
    return found.verdict.reason


def test_everything_is_ready(snapshot: KafkaSnapshot) -> None:
    found = enter(snapshot)
    assert found.verdict
    assert (found.verdict.ok, found.verdict.reason) == (True, reasons.TOPIC_READY)
    assert written(found) == [
        "KafkaTopic/traced-topic",
        "KafkaTopic/traced-topic.dlq",
        "KafkaUser/orders-producer",
        "KafkaUser/orders-consumer",
        "ConfigMap/orders-kafka-ca",
    ]
    for component in naming.KAFKA_CLIENTS:
        client = found.clients[component]
        assert (client.protocol, client.certificate_secret) == ("SSL", f"orders-{component}")
        assert client.bootstrap_servers == "demo-kafka-bootstrap.shop.svc:9094"


def test_old_and_new_certificates_of_the_cluster_are_trusted(snapshot: KafkaSnapshot) -> None:
    assert enter(snapshot).clients[naming.CONSUMER].ca_certificates == NEW + OLD


def test_a_renewed_certificate_is_another_revision_of_that_client_alone(snapshot: KafkaSnapshot) -> None:
    before = enter(snapshot).clients
    renewed = {**snapshot.secrets, "orders-producer": {"user.crt": b"another", "user.key": b"key"}}
    after = enter(replace(snapshot, secrets=renewed)).clients
    assert after[naming.PRODUCER].revision != before[naming.PRODUCER].revision
    assert after[naming.CONSUMER] == before[naming.CONSUMER]


def test_scram(snapshot: KafkaSnapshot) -> None:
    secret = {"password": b"p" * 32, "sasl.jaas.config": b"unused"}
    secrets = {"orders-producer": secret, "orders-consumer": secret}
    client = enter(replace(snapshot, kafka=kafka(SCRAM), secrets=secrets)).clients[naming.PRODUCER]
    assert (client.protocol, client.mechanism) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (client.username, client.credentials_secret) == ("orders-producer", "orders-producer")


@pytest.mark.parametrize("listener", [PLAIN, TLS])
def test_without_authentication_there_are_no_users(snapshot: KafkaSnapshot, listener: dict[str, Any]) -> None:
    found = enter(replace(snapshot, kafka=kafka(listener), users={}, secrets={}))
    assert not [name for name in written(found) if name.startswith("KafkaUser")]
    assert found.clients[naming.PRODUCER].certificate_secret is None
    assert bool(found.clients[naming.PRODUCER].ca_certificates) == listener["tls"]


def test_rights_are_for_clusters_that_ask_for_them(snapshot: KafkaSnapshot) -> None:
    users = [o for o in enter(replace(snapshot, kafka=kafka(MTLS))).objects if o["kind"] == "KafkaUser"]
    assert [o["spec"] for o in users] == [{"authentication": {"type": "tls"}}] * 2


NOT_USABLE = [
    (KafkaSnapshot(installed=False), reasons.STRIMZI_NOT_INSTALLED, "install Strimzi"),
    (KafkaSnapshot(), reasons.KAFKA_NOT_FOUND, "namespace shop has no Kafka demo"),
    (
        KafkaSnapshot(kafka=kafka(MTLS, conditions=[CREATING])),
        reasons.KAFKA_NOT_READY,
        "Creating: Kafka cluster is being",
    ),
    (
        KafkaSnapshot(kafka=kafka(MTLS, conditions=[])),
        reasons.KAFKA_NOT_READY,
        "Strimzi has said nothing of Kafka demo",
    ),
    (
        KafkaSnapshot(kafka=kafka(MTLS, conditions=[{"type": "ReconciliationPaused", "status": "True"}])),
        reasons.KAFKA_PAUSED,
        "strimzi.io/pause-reconciliation",
    ),
]


@pytest.mark.parametrize(("snapshot", "why", "said"), NOT_USABLE, ids=[why for _, why, _ in NOT_USABLE])
def test_the_cluster_cannot_be_used(snapshot: KafkaSnapshot, why: str, said: str) -> None:
    found = enter(snapshot)
    assert found.verdict
    assert (found.verdict.ok, found.verdict.reason) == (False, why)
    assert said in found.verdict.message
    assert (found.objects, found.clients) == ((), {})


def test_a_listener_that_is_not_there(snapshot: KafkaSnapshot) -> None:
    found = enter(snapshot, cluster={"name": "demo", "listener": "other"})
    assert (reason(found), found.clients) == (reasons.LISTENER_NOT_FOUND, {})


FAILED = {"type": "Ready", "status": "False", "reason": "KafkaError", "message": "InvalidReplicationFactorException"}


def test_a_user_that_strimzi_refuses(snapshot: KafkaSnapshot) -> None:
    found = enter(replace(snapshot, users={**snapshot.users, "orders-consumer": user("orders-consumer", FAILED)}))
    assert found.verdict
    assert found.verdict.message == "KafkaUser orders-consumer: KafkaError: InvalidReplicationFactorException"
    assert (reason(found), found.clients) == (reasons.USER_NOT_READY, {})


@pytest.mark.parametrize("lost", ["user.key", "orders-producer"])
def test_a_secret_that_is_missing(snapshot: KafkaSnapshot, lost: str) -> None:
    secrets = {name: {**secret} for name, secret in snapshot.secrets.items()}
    (secrets if lost in secrets else secrets["orders-producer"]).pop(lost)
    found = enter(replace(snapshot, secrets=secrets))
    assert (reason(found), found.clients) == (reasons.SECRET_MISSING, {})


def test_users_and_topics_that_are_being_made(snapshot: KafkaSnapshot) -> None:
    found = enter(replace(snapshot, topics=[], users={}, secrets={}))
    assert (reason(found), found.clients) == (reasons.USER_NOT_READY, {})
    assert "KafkaTopic/traced-topic" in written(found)


def test_no_client_before_its_topic_is_in_kafka(snapshot: KafkaSnapshot) -> None:
    new = topic("traced-topic", FAILED)
    del new["status"]["topicId"]
    found = enter(replace(snapshot, topics=[new, snapshot.topics[1]]))
    assert (reason(found), found.clients) == (reasons.TOPIC_NOT_READY, {})


def test_a_topic_that_cannot_be_changed_stops_no_client(snapshot: KafkaSnapshot) -> None:
    refused = {**FAILED, "reason": "NotSupported", "message": "Decreasing partitions not supported"}
    found = enter(replace(snapshot, topics=[topic("traced-topic", refused), snapshot.topics[1]]))
    assert found.verdict
    assert found.verdict.message == "KafkaTopic traced-topic: NotSupported: Decreasing partitions not supported"
    assert found.clients


def test_a_topic_that_strimzi_has_not_looked_at_since_it_was_changed(snapshot: KafkaSnapshot) -> None:
    changed = topic("traced-topic")
    changed["metadata"]["generation"] = 2
    assert reason(enter(replace(snapshot, topics=[changed, snapshot.topics[1]]))) == reasons.TOPIC_NOT_READY


def test_somebody_elses_topic_is_used_and_left_alone(snapshot: KafkaSnapshot) -> None:
    theirs = topic("traced-topic", own=False)
    theirs["metadata"]["name"] = "their-name"
    found = enter(replace(snapshot, topics=[theirs, snapshot.topics[1]]))
    assert written(found)[0] == "KafkaTopic/traced-topic.dlq"
    assert reason(found) == reasons.TOPIC_READY
    few = enter(replace(snapshot, topics=[topic("traced-topic", own=False, partitions=2), snapshot.topics[1]]))
    assert reason(few) == reasons.TOPIC_HAS_FEWER_PARTITIONS


@pytest.mark.parametrize("rival_first", [True, False])
def test_another_resource_for_an_own_topic_does_not_count(snapshot: KafkaSnapshot, rival_first: bool) -> None:
    refused = {"type": "Ready", "status": "False", "reason": "ResourceConflict", "message": "Managed by Ref{…}"}
    rival = topic("traced-topic", refused, own=False)
    topics = [rival, *snapshot.topics] if rival_first else [*snapshot.topics, rival]
    found = enter(replace(snapshot, topics=topics))
    assert reason(found) == reasons.TOPIC_READY
    assert "KafkaTopic/traced-topic" in written(found)


def test_a_topic_that_strimzi_does_not_manage(snapshot: KafkaSnapshot) -> None:
    unmanaged = topic("traced-topic", {"type": "Unmanaged", "status": "True"}, own=False)
    assert reason(enter(replace(snapshot, topics=[unmanaged, snapshot.topics[1]]))) == reasons.TOPIC_READY


def test_without_create_no_topic_is_made_but_an_own_one_stays(snapshot: KafkaSnapshot) -> None:
    assert written(enter(replace(snapshot, topics=[]), topic={"create": False}))[0] == "KafkaUser/orders-producer"
    assert written(enter(snapshot, topic={"create": False}))[0] == "KafkaTopic/traced-topic"


def test_another_namespace_is_for_listeners_without_authentication(snapshot: KafkaSnapshot) -> None:
    there = {"name": "demo", "namespace": "kafka"}
    refused = enter(snapshot, cluster=there)
    assert (reason(refused), refused.objects, refused.clients) == (reasons.KAFKA_IN_OTHER_NAMESPACE, (), {})
    plain = enter(snapshot, cluster={**there, "listener": "plain"})
    assert (plain.verdict, plain.objects) == (None, ())
    assert plain.clients[naming.PRODUCER].bootstrap_servers == "demo-kafka-bootstrap.shop.svc:9092"
    tls = enter(replace(snapshot, kafka=kafka(TLS)), cluster=there)
    assert (tls.verdict, written(tls)) == (None, ["ConfigMap/orders-kafka-ca"])


def creating(snapshot: KafkaSnapshot, **cluster: Any) -> Access:
    return enter(snapshot, cluster={"name": "demo", "create": True, **cluster})


def test_a_cluster_is_made() -> None:
    found = creating(KafkaSnapshot())
    assert written(found) == ["KafkaNodePool/demo-dual-role", "Kafka/demo"]
    assert (reason(found), found.clients) == (reasons.KAFKA_NOT_READY, {})
    three = creating(KafkaSnapshot(), replicas=3)
    assert written(three) == ["KafkaNodePool/demo-controllers", "KafkaNodePool/demo-brokers", "Kafka/demo"]


def test_nobody_elses_cluster_is_touched(snapshot: KafkaSnapshot) -> None:
    found = creating(snapshot)
    assert (reason(found), found.objects, found.clients) == (reasons.KAFKA_NOT_OWNED, (), {})
    other = kafka(MTLS)
    other["metadata"]["ownerReferences"] = [{"uid": "another pipeline of the same name", "controller": True}]
    other["metadata"]["labels"] = {"app.kubernetes.io/managed-by": naming.FIELD_MANAGER, naming.INSTANCE: "orders"}
    assert reason(creating(KafkaSnapshot(kafka=other))) == reasons.KAFKA_NOT_OWNED


def test_a_cluster_that_was_kept_is_the_pipelines_again(snapshot: KafkaSnapshot) -> None:
    kept = kafka(PLAIN, MTLS)
    kept["metadata"]["labels"] = {"app.kubernetes.io/managed-by": naming.FIELD_MANAGER, naming.INSTANCE: "orders"}
    assert reason(creating(replace(snapshot, kafka=kept))) == reasons.TOPIC_READY


def test_what_goes_with_the_pipeline_and_what_outlives_it() -> None:
    def owned(policy: str) -> set[bool]:
        spec = {"cluster": {"name": "demo", "create": True}, "topic": {"deletionPolicy": policy}}
        of = TracedPipeline.parse(body(kafka=spec))
        assert of.spec.kafka.cluster
        return {"ownerReferences" in o["metadata"] for o in access(of, of.spec.kafka.cluster, KafkaSnapshot()).objects}

    assert (owned("Retain"), owned("Delete")) == ({False}, {True})


@pytest.mark.parametrize("recorded", [["traced-topic", "traced-topic.dlq"], []])
def test_a_topic_that_somebody_deleted_is_told_of_before_it_is_made_again(
    snapshot: KafkaSnapshot, recorded: list[str]
) -> None:
    status = {"kafka": {"address": "shop/demo", "topics": recorded}}
    of = TracedPipeline.parse(body(kafka={"cluster": {"name": "demo"}}) | {"status": status})
    assert of.spec.kafka.cluster
    found = access(of, of.spec.kafka.cluster, replace(snapshot, topics=[topic("traced-topic.dlq")]))
    assert reason(found) == (reasons.TOPIC_DISAPPEARED if recorded else reasons.TOPIC_NOT_READY)
    assert ("KafkaTopic/traced-topic" in written(found)) is not bool(recorded)
    assert "KafkaTopic/traced-topic.dlq" in written(found)


CREATED: dict[str, Any] = {"cluster": {"name": "demo", "create": True}, "topic": {"deletionPolicy": "Delete"}}


@pytest.mark.parametrize(
    ("spec", "finalizers", "names"),
    [
        (CREATED, ["strimzi.io/topic-operator"], ("traced-topic",)),
        (CREATED, ["theirs", "strimzi.io/topic-operator"], ("traced-topic",)),
        (CREATED, ["theirs"], ()),
        (CREATED, None, ()),
        (CREATED | {"topic": {}}, ["strimzi.io/topic-operator"], ()),
        (CREATED | {"cluster": {"name": "demo"}}, ["strimzi.io/topic-operator"], ()),  # its operator stays
    ],
)
def test_what_a_deletion_would_leave_for_ever(
    snapshot: KafkaSnapshot, spec: dict[str, Any], finalizers: list[str] | None, names: tuple[str, ...]
) -> None:
    one, other = topic("traced-topic"), topic("traced-topic.dlq")
    one["metadata"]["finalizers"] = finalizers
    assert held(pipeline(**spec), replace(snapshot, topics=[other, one])) == names
