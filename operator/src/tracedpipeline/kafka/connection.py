"""How clients reach Kafka."""

from collections.abc import Mapping
from dataclasses import dataclass

from tracedpipeline import naming
from tracedpipeline.api import Spec

USERNAME_KEY = "username"
PASSWORD_KEY = "password"  # noqa: S105 - the name of a Secret's key
CA_KEY = "ca.crt"
CERTIFICATE_KEY = "user.crt"
PRIVATE_KEY_KEY = "user.key"


@dataclass(frozen=True)
class KafkaConnection:
    """Bootstrap servers, and the names of the Secrets that hold what they ask for.

    Where Strimzi made the user, `username` is that user's and the credentials have the password alone; `certificate`
    names the Secret of a user that is one by its certificate. `ca_certificates` are PEM text of their own, for brokers
    that no Secret of the spec vouches for. `revision` changes with the content of the Secrets.
    """

    bootstrap_servers: str
    protocol: str = "PLAINTEXT"
    mechanism: str | None = None
    credentials_secret: str | None = None
    ca_secret: str | None = None
    username: str | None = None
    certificate_secret: str | None = None
    ca_certificates: str | None = None
    revision: str = ""

    @property
    def plaintext_password(self) -> bool:
        """Whether clients send a password unencrypted; only a spec that allows it explicitly comes so far."""
        return (self.protocol, self.mechanism) == ("SASL_PLAINTEXT", "PLAIN")

    @property
    def secrets(self) -> dict[str, tuple[str, ...]]:
        """The Secrets it takes, each with the keys that must be in it."""
        wanted: dict[str, tuple[str, ...]] = {}
        if self.credentials_secret:
            wanted[self.credentials_secret] = (PASSWORD_KEY,) if self.username else (USERNAME_KEY, PASSWORD_KEY)
        if self.certificate_secret:
            wanted[self.certificate_secret] = (CERTIFICATE_KEY, PRIVATE_KEY_KEY)
        if self.ca_secret:
            wanted[self.ca_secret] = (*wanted.get(self.ca_secret, ()), CA_KEY)
        return wanted


# Producer and consumer by the names of their components.
Clients = Mapping[str, KafkaConnection]


def alike(connection: KafkaConnection) -> Clients:
    """Return the same connection for each client."""
    return dict.fromkeys(naming.KAFKA_CLIENTS, connection)


def from_spec(spec: Spec) -> KafkaConnection:
    """Return the connection to the bootstrap servers that the spec names; ValueError where it names a cluster."""
    kafka = spec.kafka
    if kafka.bootstrap_servers is None:
        raise ValueError("spec.kafka.cluster: only Strimzi's resources tell how that one is reached")
    if kafka.security is None:
        return KafkaConnection(kafka.bootstrap_servers)
    return KafkaConnection(
        kafka.bootstrap_servers,
        protocol=kafka.security.protocol,
        mechanism=kafka.security.mechanism,
        credentials_secret=kafka.security.credentials_secret,
        ca_secret=kafka.security.ca_secret,
    )
