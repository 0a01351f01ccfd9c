"""Which listener of a Kafka cluster clients use.

The status has the addresses and certificates, the spec what a listener asks of clients
(https://strimzi.io/docs/operators/latest/configuring.html#type-ListenerStatus-reference).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tracedpipeline import reasons
from tracedpipeline.kafka.strimzi.snapshot import Object, not_ready
from tracedpipeline.verdict import Verdict

TLS: Final = "tls"
SCRAM: Final = "scram-sha-512"
# What a KafkaUser can log in with.
USABLE: Final = (None, TLS, SCRAM)


@dataclass(frozen=True)
class Listener:
    """An address of the cluster, and what it asks for; `certificates` are PEM text of the CA that its brokers have."""

    name: str
    bootstrap_servers: str
    tls: bool
    authentication: str | None
    certificates: tuple[str, ...]

    @property
    def protocol(self) -> str:
        """Kafka's security.protocol."""
        transport = "SSL" if self.tls else "PLAINTEXT"
        return f"SASL_{transport}" if self.authentication == SCRAM else transport

    @property
    def rank(self) -> tuple[bool, bool]:
        """How it is preferred where none is named, the smallest first: TLS and authentication, TLS alone, others."""
        return not self.tls, self.authentication is None


def choose(kafka: Object, wanted: str | None) -> Listener | Verdict:
    """Return the named listener, or the best internal one; a verdict where there is none."""
    name = kafka["metadata"]["name"]
    declared = {listener["name"]: listener for listener in kafka["spec"]["kafka"].get("listeners", ())}
    found = {listener.name: listener for listener in _listeners(kafka, declared)}
    if wanted:
        return _named(name, wanted, declared, found)
    internal = [one for one in found.values() if declared[one.name]["type"] == "internal"]
    usable = [listener for listener in internal if listener.authentication in USABLE]
    if usable:
        return min(usable, key=lambda listener: listener.rank)
    message = f"Kafka {name} has no internal listener that a KafkaUser can use: add one, or name kafka.cluster.listener"
    return not_ready(reasons.LISTENER_NOT_FOUND, message)


def _named(name: str, wanted: str, declared: dict[str, Object], found: dict[str, Listener]) -> Listener | Verdict:
    if wanted not in declared:
        message = f"Kafka {name} has no listener {wanted!r}, but {', '.join(declared) or 'none at all'}: "
        return not_ready(reasons.LISTENER_NOT_FOUND, f"{message}fix kafka.cluster.listener, or add the listener")
    if wanted not in found:
        return not_ready(reasons.KAFKA_NOT_READY, f"Strimzi has not yet published listener {wanted!r} of Kafka {name}")
    listener = found[wanted]
    if listener.authentication not in USABLE:
        message = f"listener {wanted!r} of Kafka {name} asks for {listener.authentication}, which no KafkaUser has: "
        return not_ready(reasons.LISTENER_NOT_FOUND, f"{message}name one with tls, scram-sha-512 or none")
    return listener


def _listeners(kafka: Object, declared: dict[str, Object]) -> Iterator[Listener]:
    for published in (kafka.get("status") or {}).get("listeners", ()):
        if spec := declared.get(published["name"]):
            yield Listener(
                name=published["name"],
                bootstrap_servers=published["bootstrapServers"],
                tls=spec.get("tls", False),
                authentication=(spec.get("authentication") or {}).get("type"),
                certificates=tuple(published.get("certificates", ())),
            )
