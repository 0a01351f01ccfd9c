"""How to reach Kafka: from the environment to librdkafka's configuration."""

import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException

from traced_common.environment import (
    Environment,
    Kind,
    SettingsError,
    file_text,
    folder_of,
    matching,
    one_of,
    readable_file,
)
from traced_common.leaders import RestartNeededError

Client = TypeVar("Client")
TOPIC: Kind[str] = matching(r"[a-zA-Z0-9._-]{1,249}", "a topic: 1 to 249 of letters, digits, dot, _ and -")
_SERVERS = matching(r"[^\s,]+:[0-9]{1,5}(,[^\s,]+:[0-9]{1,5})*", "host:port, or several separated by commas")
_NAME = matching(r".{1,249}", "a name of at most 249 characters")
_CREDENTIALS = folder_of(
    "a folder with the files username and password (keys of the credentials Secret)", "username", "password"
)
_CA_FILE = readable_file("a readable PEM file (key ca.crt of the CA Secret)")


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """The connection; the credentials themselves stay in their files until a client is made."""

    bootstrap_servers: str
    security_protocol: str
    sasl_mechanism: str | None
    credentials: Path | None
    ca_file: Path | None
    client_id: str

    @classmethod
    def read(cls, environment: Environment) -> "KafkaSettings":
        """Read the KAFKA_* variables that every app has; SASL's and SSL's only where the protocol has them."""
        read = environment.read
        protocol = read(
            "KAFKA_SECURITY_PROTOCOL", one_of("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"), "PLAINTEXT"
        )
        sasl, ssl = "SASL" in (protocol or ""), "SSL" in (protocol or "")
        mechanisms = one_of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
        return cls(
            bootstrap_servers=read("KAFKA_BOOTSTRAP_SERVERS", _SERVERS),
            security_protocol=protocol,
            sasl_mechanism=read("KAFKA_SASL_MECHANISM", mechanisms) if sasl else None,
            credentials=read("KAFKA_SASL_CREDENTIALS_DIR", _CREDENTIALS) if sasl else None,
            ca_file=environment.read_optional("KAFKA_SSL_CA_FILE", _CA_FILE) if ssl else None,
            client_id=read("POD_NAME", _NAME, socket.gethostname()),
        )

    def client_config(self) -> dict[str, Any]:
        """Make librdkafka's configuration; it may hold a password, so show it to nobody."""
        config: dict[str, Any] = {
            "bootstrap.servers": self.bootstrap_servers,
            "client.id": self.client_id,
            "security.protocol": self.security_protocol,
            "socket.keepalive.enable": True,
            "socket.timeout.ms": 10_000,  # the default, a minute, outlasts a pod's grace period
            "logger": logging.getLogger("librdkafka"),
        }
        if self.ca_file:
            config["ssl.ca.location"] = str(self.ca_file)
        if self.credentials:
            config["sasl.mechanism"] = self.sasl_mechanism
            config["sasl.username"] = file_text(self.credentials / "username")
            config["sasl.password"] = file_text(self.credentials / "password")
        return config


class Trouble:
    """The last error of a client that belonged to no message; librdkafka itself logs them and tries again."""

    def __init__(self) -> None:
        self.last: str | None = None
        self.fatal: str | None = None

    def __call__(self, error: KafkaError) -> None:
        """Take an error: this object is the client's error_cb."""
        if error.fatal():
            self.fatal = error.str()
        if error.code() != KafkaError._ALL_BROKERS_DOWN:  # it says less than those that came before it
            self.last = error.str()

    def check(self) -> None:
        """Raise RestartNeededError once the client is beyond repair."""
        if self.fatal:
            raise RestartNeededError(f"the Kafka client can't go on: {self.fatal}")


def connect(make: Callable[[dict[str, Any]], Client], config: dict[str, Any]) -> Client:
    """Make a client (which needs no Kafka yet); SettingsError where librdkafka refuses the configuration."""
    try:
        return make(config)
    except KafkaException as error:
        reason = error.args[0].str() if isinstance(error.args[0], KafkaError) else str(error)
        raise SettingsError([f"librdkafka refuses the KAFKA_* settings: {reason}"]) from None
