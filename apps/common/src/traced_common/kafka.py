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

Client = TypeVar("Client")
TOPIC: Kind[str] = matching(r"[a-zA-Z0-9._-]{1,249}", "a topic: 1 to 249 of letters, digits, dot, _ and -")
_SERVERS = matching(r"[^\s,]+:[0-9]{1,5}(,[^\s,]+:[0-9]{1,5})*", "host:port, or several separated by commas")
_NAME = matching(r".{1,249}", "a name of at most 249 characters")
_USERNAME = matching(r"[^\s\"\\]{1,249}", "a name without blanks, quotation marks and backslashes")
_CREDENTIALS = folder_of(
    "a folder with the files username and password (keys of the credentials Secret)", "username", "password"
)
_PASSWORD = folder_of("a folder with the file password (key of the Secret of a user of Strimzi's)", "password")
_CA_FILE = readable_file("a readable PEM file of one or more certificates (key ca.crt)")
_CERTIFICATE_FILE = readable_file("a readable PEM file (key user.crt of the user's Secret)")
_KEY_FILE = readable_file("a readable PEM file (key user.key of the user's Secret)")
_OF_SSL = ("KAFKA_SSL_CA_FILE", "KAFKA_SSL_CERTIFICATE_FILE", "KAFKA_SSL_KEY_FILE")
_ALLOWED = "KAFKA_SASL_ALLOW_PLAINTEXT_PASSWORD"
_OF_SASL = ("KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_CREDENTIALS_DIR", _ALLOWED)


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """The connection; the credentials themselves stay in their files until a client is made."""

    bootstrap_servers: str
    security_protocol: str
    sasl_mechanism: str | None
    username: str | None  # where the credentials have the password alone
    credentials: Path | None
    ca_file: Path | None
    certificate_file: Path | None
    key_file: Path | None
    client_id: str

    @classmethod
    def read(cls, environment: Environment) -> "KafkaSettings":
        """Read the KAFKA_* variables that every app has; SASL's and SSL's only where the protocol has them."""
        read = environment.read
        protocol = read(
            "KAFKA_SECURITY_PROTOCOL", one_of("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"), "PLAINTEXT"
        )
        sasl, ssl = "SASL" in (protocol or ""), "SSL" in (protocol or "")
        _nothing_idle(environment, sasl, ssl)
        mechanisms = one_of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
        mechanism = read("KAFKA_SASL_MECHANISM", mechanisms) if sasl else None
        _no_plaintext_password(environment, protocol, mechanism)
        username = environment.read_optional("KAFKA_SASL_USERNAME", _USERNAME) if sasl else None
        certificate, key = _user_files(environment) if ssl else (None, None)
        return cls(
            bootstrap_servers=read("KAFKA_BOOTSTRAP_SERVERS", _SERVERS),
            security_protocol=protocol,
            sasl_mechanism=mechanism,
            username=username,
            credentials=read("KAFKA_SASL_CREDENTIALS_DIR", _PASSWORD if username else _CREDENTIALS) if sasl else None,
            ca_file=environment.read_optional("KAFKA_SSL_CA_FILE", _CA_FILE) if ssl else None,
            certificate_file=certificate,
            key_file=key,
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
        if self.certificate_file:
            config["ssl.certificate.location"] = str(self.certificate_file)
            config["ssl.key.location"] = str(self.key_file)
        if self.credentials:
            config["sasl.mechanism"] = self.sasl_mechanism
            config["sasl.username"] = self.username or file_text(self.credentials / "username")
            config["sasl.password"] = file_text(self.credentials / "password")
        return config


def _nothing_idle(environment: Environment, sasl: bool, ssl: bool) -> None:
    """Refuse what the protocol would leave unused: who sets it counts on it."""
    idle = [*([] if ssl else _OF_SSL), *([] if sasl else _OF_SASL)]
    environment.problems.extend(
        f"{name} is set, but KAFKA_SECURITY_PROTOCOL is none of {'SASL' if name in _OF_SASL else 'SSL'}"
        for name in idle
        if environment.has(name)
    )


def _no_plaintext_password(environment: Environment, protocol: str, mechanism: str | None) -> None:
    """Refuse to send a password unencrypted, unless the settings allow it explicitly."""
    allowed = environment.read(_ALLOWED, one_of("TRUE", "FALSE"), "FALSE")
    if (protocol, mechanism, allowed) == ("SASL_PLAINTEXT", "PLAIN", "FALSE"):
        environment.problems.append(
            "SASL_PLAINTEXT with PLAIN sends the password unencrypted: choose SASL_SSL or a SCRAM mechanism, "
            f"or set {_ALLOWED}=true"
        )


def _user_files(environment: Environment) -> tuple[Path | None, Path | None]:
    """Read where a user's certificate and key are: both or none."""
    kinds = {"KAFKA_SSL_CERTIFICATE_FILE": _CERTIFICATE_FILE, "KAFKA_SSL_KEY_FILE": _KEY_FILE}
    if not any(environment.has(name) for name in kinds):
        return None, None
    certificate, key = (environment.read(name, kind) for name, kind in kinds.items())
    return certificate, key


def error_text(error: KafkaError) -> str:
    """Return an error's name, such as TOPIC_AUTHORIZATION_FAILED, before its message: programs read it, too."""
    return f"{error.name()}: {error.str()}"


class LastError:
    """The last error of a client that belonged to no message; librdkafka itself logs them and tries again."""

    def __init__(self) -> None:
        self.last: str | None = None

    def __call__(self, error: KafkaError) -> None:
        """Take an error: this object is the client's error_cb."""
        if error.code() != KafkaError._ALL_BROKERS_DOWN:  # it says less than those that came before it
            self.last = error_text(error)


def connect(make: Callable[[dict[str, Any]], Client], config: dict[str, Any]) -> Client:
    """Make a client (which needs no Kafka yet); SettingsError where librdkafka refuses the configuration."""
    try:
        return make(config)
    except KafkaException as error:
        reason = error.args[0].str() if isinstance(error.args[0], KafkaError) else str(error)
        raise SettingsError([f"librdkafka refuses the KAFKA_* settings: {reason}"]) from None
