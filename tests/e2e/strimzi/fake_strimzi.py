"""A fake of Strimzi in front of a real Kafka cluster: its images are in no package index.

What it does to status, Secrets and Kafka is what a real 1.2.0 was seen to do. It looks at one namespace.
"""

import base64
import json
import threading
from typing import Any

from confluent_kafka.admin import AdminClient

from tests.e2e import kube
from tests.e2e.strimzi import broker, entities, status
from tests.e2e.strimzi.authority import Authority

Object = dict[str, Any]
FINALIZER = "strimzi.io/topic-operator"
_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"
PAUSED = {"conditions": [status.true("ReconciliationPaused")]}


class FakeStrimzi:
    """The cluster, topic and user operators; the stories also tell it what to renew and take away."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self._clients_ca = Authority("clients-ca v0")
        self._cluster_cas = [Authority("cluster-ca v0")]
        self._admin: AdminClient | None = None
        self._running: tuple[str, int] | None = None
        self._revoked: set[str] = set()
        self._renewed: set[str] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="strimzi", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(60)

    # ---- what the stories ask for

    def revoke(self, user: str) -> None:
        """Take a user's rights away, behind its resource's back."""
        self._revoked.add(user)

    def grant(self, user: str) -> None:
        self._revoked.discard(user)

    def renew_user(self, user: str) -> None:
        self._renewed.add(user)

    def renew_cluster_ca(self) -> None:
        """Another key for the brokers' CA: the old certificate stays beside the new one, and the node restarts."""
        self._cluster_cas.append(Authority(f"cluster-ca v{len(self._cluster_cas)}"))

    # ---- what is in Kafka

    def partitions(self, topic: str) -> int:
        """How many the topic has; 0 where it is not there."""
        return entities.partitions(self.admin, topic)

    def ends(self, topic: str) -> dict[int, int]:
        """How far each partition goes."""
        return entities.ends(self.admin, topic)

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """How far the group has come in each partition."""
        return entities.committed(self.admin, group, topic)

    @property
    def admin(self) -> AdminClient:
        assert self._admin is not None, "the Kafka cluster is not there yet"
        return self._admin

    # ---- what Strimzi does

    def _work(self) -> None:
        last = ""
        while not self._stopped.wait(0.5):
            try:
                self._reconcile()
            except Exception as error:  # whatever it is: tried again, as Strimzi does, and told to who reads the story
                if repr(error) != last:
                    print(f"the fake Strimzi: {error!r}")
                last = repr(error)

    def _reconcile(self) -> None:
        items = kube.get(self.namespace, "kafkas,kafkanodepools,kafkatopics,kafkausers")["items"]
        for kafka in (o for o in items if o["kind"] == "Kafka"):
            self._kafka(kafka)
        names = {o["metadata"]["name"]: o for o in items if o["kind"] == "Kafka"}
        for pool in (o for o in items if o["kind"] == "KafkaNodePool"):
            if self._running:
                status.write(pool, status.node_pool(pool))
        topics = [o for o in items if o["kind"] == "KafkaTopic"]
        if self._admin is None:  # a client with nothing to do has the length 0, and would be false
            return
        for entity in items:
            cluster = names.get((entity["metadata"].get("labels") or {}).get("strimzi.io/cluster", ""))
            if cluster and entity["kind"] in ("KafkaTopic", "KafkaUser"):
                self._entity(self._admin, cluster, entity, topics)

    def _kafka(self, kafka: Object) -> None:
        if _paused(kafka):
            status.write(kafka, dict(PAUSED))
            return
        if refused := status.refused_version(kafka):
            status.write(kafka, {"conditions": [refused]})
            return
        wanted = kafka["metadata"]["uid"], len(self._cluster_cas)
        if self._running != wanted:
            self._deploy(kafka)
            self._running = wanted
        pools = kube.get(self.namespace, "kafkanodepools")["items"]
        status.write(kafka, status.ready_kafka(kafka, pools, self._cluster_cas[-1].certificate))

    def _deploy(self, kafka: Object) -> None:
        name, host = kafka["metadata"]["name"], broker.host(kafka)
        if not kafka.get("status"):
            status.write(kafka, status.creating())
        older = {f"ca-2026-11-2{at}T10-00-00Z.crt": ca.certificate for at, ca in enumerate(self._cluster_cas[:-1])}
        self._secret(kafka, f"{name}-cluster-ca-cert", {"ca.crt": self._cluster_cas[-1].certificate, **older})
        self._secret(kafka, f"{name}-clients-ca-cert", {"ca.crt": self._clients_ca.certificate})
        pair = self._cluster_cas[-1].issue(f"{name}-kafka", (host, f"{host}.cluster.local", broker.service(kafka)))
        self._admin = broker.run(kafka, pair, self._clients_ca.certificate)

    def _entity(self, admin: AdminClient, cluster: Object, entity: Object, topics: list[Object]) -> None:
        kind = entity["kind"]
        if kind == "KafkaTopic" and self._deleted(admin, cluster, entity):
            return
        if _paused(entity):
            status.write(entity, dict(PAUSED))
        elif kind == "KafkaTopic":
            status.write(entity, status.unmanaged(entity, topics) or entities.ensure_topic(admin, entity))
        else:
            status.write(entity, self._user(admin, cluster, entity))

    def _deleted(self, admin: AdminClient, cluster: Object, topic: Object) -> bool:
        """Delete the topic in Kafka before its resource goes: that is what the finalizer is for."""
        metadata, finalizers = topic["metadata"], topic["metadata"].get("finalizers", [])
        if "deletionTimestamp" in metadata:
            entities.delete_topic(admin, topic["spec"].get("topicName") or metadata["name"])
            self._finalize(metadata["name"], None)
            return True
        template = (cluster["spec"].get("entityOperator") or {}).get("template", {})
        without = {"name": "STRIMZI_USE_FINALIZERS", "value": "false"}
        uses_them = without not in template.get("topicOperatorContainer", {}).get("env", [])
        if (FINALIZER in finalizers) is not uses_them:
            self._finalize(metadata["name"], [FINALIZER] if uses_them else None)
        return False

    def _finalize(self, topic: str, finalizers: list[str] | None) -> None:
        patch = json.dumps({"metadata": {"finalizers": finalizers}})
        kube.kubectl("patch", "kafkatopic", topic, "-n", self.namespace, "--type=merge", "-p", patch)

    def _user(self, admin: AdminClient, cluster: Object, user: Object) -> Object:
        name, spec = user["metadata"]["name"], user["spec"]
        rules = spec.get("authorization")
        if rules and not cluster["spec"]["kafka"].get("authorization"):
            message = (
                "Simple authorization ACL rules are configured but not supported in the Kafka cluster configuration."
            )
            return {"conditions": [status.failed("InvalidResourceException", message)]}
        if broker.authentication(user["spec"]):
            self._credentials(admin, user)
        acls = [] if name in self._revoked or not rules else rules["acls"]
        if cluster["spec"]["kafka"].get("authorization"):
            entities.set_acls(admin, user, acls)
        username = entities.principal(user).removeprefix("User:")
        secret = {"secret": name} if broker.authentication(user["spec"]) else {}
        return {"conditions": [status.true("Ready")], "username": username, **secret}

    def _credentials(self, admin: AdminClient, user: Object) -> None:
        name = user["metadata"]["name"]
        by_certificate = broker.authentication(user["spec"]) == "tls"
        there = kube.kubectl(
            "get", "secret", name, "-n", self.namespace, "--ignore-not-found", "--output=jsonpath={.data}"
        )
        if ("user.key" if by_certificate else "password") in there and name not in self._renewed:
            return
        if by_certificate:
            pair = self._clients_ca.issue(name)
            content = {"ca.crt": self._clients_ca.certificate, "user.crt": pair.certificate, "user.key": pair.key}
        else:
            password = entities.password()
            entities.set_password(admin, name, password)
            login = f'{_LOGIN} required username="{name}" password="{password}";'
            content = {"password": password, "sasl.jaas.config": login}
        self._secret(user, name, content)
        self._renewed.discard(name)

    def _secret(self, owner: Object, name: str, content: dict[str, str]) -> None:
        reference = {key: owner[key] for key in ("apiVersion", "kind")}
        reference |= {key: owner["metadata"][key] for key in ("name", "uid")}
        reference |= {"controller": False, "blockOwnerDeletion": True}
        data = {key: base64.b64encode(text.encode()).decode() for key, text in content.items()}
        metadata = {"name": name, "namespace": self.namespace, "ownerReferences": [reference], **_of_secret(owner)}
        kube.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})


def _of_secret(owner: Object) -> Object:
    """The labels and annotations of a Secret, which belongs to a Kafka cluster or to a user."""
    kind, name = owner["kind"], owner["metadata"]["name"]
    of_kafka = kind == "Kafka"
    labels = {
        "app.kubernetes.io/instance": name,
        "app.kubernetes.io/managed-by": "strimzi-cluster-operator" if of_kafka else "strimzi-user-operator",
        "app.kubernetes.io/name": "certificate-authority" if of_kafka else "strimzi-user-operator",
        "app.kubernetes.io/part-of": f"strimzi-{name}",
        "strimzi.io/cluster": name if of_kafka else owner["metadata"]["labels"]["strimzi.io/cluster"],
        "strimzi.io/kind": kind,
    }
    if not of_kafka:
        return {"labels": labels}
    more = {"strimzi.io/component-type": "certificate-authority", "strimzi.io/name": "strimzi"}
    return {"labels": labels | more, "annotations": {"strimzi.io/ca-cert-generation": "0"}}


def _paused(o: Object) -> bool:
    return (o["metadata"].get("annotations") or {}).get("strimzi.io/pause-reconciliation") == "true"
