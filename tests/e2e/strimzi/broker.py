"""One real Kafka node with the listeners that a Kafka resource asks for, rights enforced.

One listener more, for the fake alone, is reached from the machine that runs the tests, at the kind node's address.
"""

import hashlib
import json
from typing import Any

from confluent_kafka.admin import AdminClient

from tests.e2e import kube
from tests.e2e.strimzi.authority import Pair

Object = dict[str, Any]
ADMIN_PORT = 9090
ADMIN = "admin"
PASSWORD = "only-for-the-stories"
_MODULE = "org.apache.kafka.common.security"
_SCRIPT = """\
/opt/kafka/bin/kafka-storage.sh format --ignore-formatted --cluster-id 4L6g3nShT-eMCtK--X86sw \
  --config /etc/kafka/server.properties
exec /opt/kafka/bin/kafka-server-start.sh /etc/kafka/server.properties
"""


def service(kafka: Object) -> str:
    return f"{kafka['metadata']['name']}-kafka-bootstrap"


def host(kafka: Object) -> str:
    return f"{service(kafka)}.{kafka['metadata']['namespace']}.svc"


def run(kafka: Object, pair: Pair, clients_ca: str) -> AdminClient:
    """Start the node, or give it another certificate; returns the fake's own way in, once it is ready."""
    namespace, name = kafka["metadata"]["namespace"], f"{kafka['metadata']['name']}-dual-role-0"
    kube.apply(*_services(kafka))
    reached = f"{_node_address()}:{_node_port(kafka)}"
    files = {"server.properties": _properties(kafka, reached), "broker.pem": pair.key + pair.certificate}
    files["clients-ca.crt"] = clients_ca
    kube.apply(*_node(kafka, name, files))
    kube.kubectl("rollout", "status", f"deployment/{name}", "-n", namespace, "--timeout=120s")
    credentials = {"sasl.mechanism": "PLAIN", "sasl.username": ADMIN, "sasl.password": PASSWORD}
    return AdminClient({"bootstrap.servers": reached, "security.protocol": "SASL_PLAINTEXT", **credentials})


def _node_address() -> str:
    path = 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}'
    return kube.kubectl("get", "nodes", "--output", path)


def _node_port(kafka: Object) -> int:
    found = kube.get(kafka["metadata"]["namespace"], "service", f"{kafka['metadata']['name']}-admin")
    return int(found["spec"]["ports"][0]["nodePort"])


def _properties(kafka: Object, reached: str) -> str:
    listeners = kafka["spec"]["kafka"]["listeners"]
    own = {"ADMIN": ADMIN_PORT, "CONTROLLER": 9089}
    ports = own | {one["name"].upper(): one["port"] for one in listeners}
    protocols = dict.fromkeys(own, "SASL_PLAINTEXT") | {one["name"].upper(): _protocol(one) for one in listeners}
    advertised = [f"ADMIN://{reached}", *(f"{one['name'].upper()}://{host(kafka)}:{one['port']}" for one in listeners)]
    lines = {
        "process.roles": "broker,controller",
        "node.id": "0",
        "controller.quorum.voters": "0@localhost:9089",
        "controller.listener.names": "CONTROLLER",
        "listeners": ",".join(f"{name}://:{port}" for name, port in ports.items()),
        "advertised.listeners": ",".join(advertised),
        "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
        "inter.broker.listener.name": "ADMIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "log.dirs": "/var/lib/kafka/data",
        "group.initial.rebalance.delay.ms": "0",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        **{f"listener.name.{name.lower()}.{key}": value for name in own for key, value in _plain_login().items()},
    }
    for one in listeners:
        lines |= {f"listener.name.{one['name']}.{key}": value for key, value in _listener(one).items()}
    if (kafka["spec"]["kafka"].get("authorization") or {}).get("type") == "simple":
        lines["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
        given = kafka["spec"]["kafka"]["authorization"].get("superUsers", ())
        lines["super.users"] = ";".join(f"User:{name}" for name in (ADMIN, *given))
    return "".join(f"{key}={value}\n" for key, value in lines.items())


def _plain_login() -> dict[str, str]:
    users = f'username="{ADMIN}" password="{PASSWORD}" user_{ADMIN}="{PASSWORD}"'
    return {
        "sasl.enabled.mechanisms": "PLAIN",
        "plain.sasl.jaas.config": f"{_MODULE}.plain.PlainLoginModule required {users};",
    }


def authentication(spec: Object) -> str | None:
    """What a listener asks for, or a user logs in with."""
    return (spec.get("authentication") or {}).get("type")


def _protocol(listener: Object) -> str:
    transport = "SSL" if listener["tls"] else "PLAINTEXT"
    return f"SASL_{transport}" if authentication(listener) == "scram-sha-512" else transport


def _listener(listener: Object) -> dict[str, str]:
    lines: dict[str, str] = {}
    if listener["tls"]:
        lines |= {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": "/etc/kafka/broker.pem",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": "/etc/kafka/clients-ca.crt",
            "ssl.client.auth": "required" if authentication(listener) == "tls" else "none",
        }
    if authentication(listener) == "scram-sha-512":
        lines |= {
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "scram-sha-512.sasl.jaas.config": f"{_MODULE}.scram.ScramLoginModule required;",
        }
    return lines


def _metadata(kafka: Object, name: str) -> Object:
    owner = {"apiVersion": "kafka.strimzi.io/v1", "kind": "Kafka", "controller": False, "blockOwnerDeletion": True}
    owner |= {key: kafka["metadata"][key] for key in ("name", "uid")}
    return {"name": name, "namespace": kafka["metadata"]["namespace"], "ownerReferences": [owner]}


def _services(kafka: Object) -> list[Object]:
    selector = {"strimzi.io/cluster": kafka["metadata"]["name"]}
    ports = [{"name": one["name"], "port": one["port"]} for one in kafka["spec"]["kafka"]["listeners"]]
    admin = {"type": "NodePort", "selector": selector, "ports": [{"name": "admin", "port": ADMIN_PORT}]}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": _metadata(kafka, service(kafka)),
            "spec": {"selector": selector, "ports": ports},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": _metadata(kafka, f"{kafka['metadata']['name']}-admin"),
            "spec": admin,
        },
    ]


def _node(kafka: Object, name: str, files: dict[str, str]) -> list[Object]:
    labels = {"strimzi.io/cluster": kafka["metadata"]["name"]}
    changed = {"annotations": {"files": hashlib.sha256(json.dumps(files).encode()).hexdigest()}}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return [
        {"apiVersion": "v1", "kind": "Secret", "metadata": _metadata(kafka, name), "stringData": files},
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": _metadata(kafka, name),
            "spec": claim,
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": _metadata(kafka, name),
            "spec": {
                "strategy": {"type": "Recreate"},
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels} | changed, "spec": _pod(name)},
            },
        },
    ]


def _pod(name: str) -> Object:
    container = {
        "name": "kafka",
        "image": _image(),
        "imagePullPolicy": "IfNotPresent",
        "command": ["/bin/sh", "-ec", _SCRIPT],
        "env": [{"name": "KAFKA_HEAP_OPTS", "value": "-Xms256m -Xmx512m"}, {"name": "LOG_DIR", "value": "/tmp"}],
        "readinessProbe": {"tcpSocket": {"port": ADMIN_PORT}, "periodSeconds": 1},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [
            {"name": "files", "mountPath": "/etc/kafka", "readOnly": True},
            {"name": "data", "mountPath": "/var/lib/kafka"},
        ],
    }
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "fsGroup": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [
            {"name": "files", "secret": {"secretName": name}},
            {"name": "data", "persistentVolumeClaim": {"claimName": name}},
        ],
    }


def _image() -> str:
    """The image of the cluster's other Kafka."""
    found = kube.get("kafka", "deployment/kafka")
    return str(found["spec"]["template"]["spec"]["containers"][0]["image"])
