"""The users of producer and consumer, and whom they trust."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tracedpipeline import naming, reasons
from tracedpipeline.api import KafkaCluster, TracedPipeline
from tracedpipeline.kafka.connection import Clients, KafkaConnection
from tracedpipeline.kafka.strimzi import access_resources, checks
from tracedpipeline.kafka.strimzi.listeners import SCRAM, TLS, Listener
from tracedpipeline.kafka.strimzi.snapshot import KafkaSnapshot, Secret, not_ready
from tracedpipeline.kubernetes_api import objects
from tracedpipeline.verdict import Verdict

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def names(pipeline: TracedPipeline) -> dict[str, str]:
    """Return the names of the users, which are also those of their Secrets, by component."""
    return {component: naming.component(pipeline.name, component) for component in naming.KAFKA_CLIENTS}


def wanted(
    pipeline: TracedPipeline, cluster: KafkaCluster, snapshot: KafkaSnapshot, listener: Listener
) -> Iterator[dict[str, Any]]:
    """Yield the users to be made: none where the listener asks for none."""
    if listener.authentication is None or snapshot.kafka is None:
        return
    authorization = snapshot.kafka["spec"]["kafka"].get("authorization") or {}
    for component in naming.KAFKA_CLIENTS:
        yield access_resources.user(
            pipeline,
            cluster,
            component,
            authentication=listener.authentication,
            authorized=authorization.get("type") == "simple",
        )


def connections(
    pipeline: TracedPipeline, cluster: KafkaCluster, snapshot: KafkaSnapshot, listener: Listener
) -> tuple[Clients, Verdict | None]:
    """Return how each client connects, and what that still waits for."""
    ca = snapshot.secrets.get(naming.cluster_ca_secret(cluster.name))
    common = KafkaConnection(
        listener.bootstrap_servers, listener.protocol, ca_certificates=bundle(listener, ca) if listener.tls else None
    )
    found, waits = {}, None
    for component, name in names(pipeline).items():
        connection = _of_user(common, listener, name)
        secret = snapshot.secrets.get(name, {})
        if connection.secrets:
            waits = waits or checks.of_user(name, snapshot.users) or _missing(connection, secret)
        found[component] = replace(connection, revision=_revision(connection, secret))
    return found, waits


def _of_user(common: KafkaConnection, listener: Listener, name: str) -> KafkaConnection:
    if listener.authentication == TLS:
        return replace(common, certificate_secret=name)
    if listener.authentication == SCRAM:
        return replace(common, mechanism="SCRAM-SHA-512", username=name, credentials_secret=name)
    return common


def _missing(connection: KafkaConnection, secret: Secret) -> Verdict | None:
    for name, keys in connection.secrets.items():
        for key in keys:
            if not secret.get(key):
                message = (
                    f"KafkaUser {name} is ready, but Secret {name} has no {key}: does Strimzi's user operator run?"
                )
                return not_ready(reasons.SECRET_MISSING, message)
    return None


def _revision(connection: KafkaConnection, secret: Secret) -> str:
    """Return a hash of what the Secret holds for the client; Strimzi's passwords are too long to be guessed from it."""
    parts = [secret.get(key, b"").decode("latin-1") for keys in connection.secrets.values() for key in keys]
    return objects.digest(parts) if parts else ""


def bundle(listener: Listener, ca: Secret | None) -> str | None:
    """Return the certificates of all who may have signed a broker's: while a CA is renewed, the old one is one of them.

    Those of the listener come first. They are others than the cluster's own where the listener has its own certificate.
    """
    files = [*listener.certificates]
    files += [content.decode() for name, content in sorted((ca or {}).items()) if name.endswith(".crt")]
    found = [certificate for text in files for certificate in _certificates(text)]
    return "".join(f"{certificate}\n" for certificate in dict.fromkeys(found)) or None


def _certificates(text: str) -> Iterator[str]:
    for part in text.split(_BEGIN)[1:]:
        content, end, _ = part.partition(_END)
        if end:
            yield f"{_BEGIN}{content}{_END}"
