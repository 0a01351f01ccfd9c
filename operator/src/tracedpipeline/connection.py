"""How clients reach Kafka."""

from dataclasses import dataclass

from tracedpipeline.api import InvalidSpecError, Spec

USERNAME_KEY = "username"
PASSWORD_KEY = "password"  # noqa: S105 - the name of a Secret's key
CA_KEY = "ca.crt"


@dataclass(frozen=True)
class KafkaConnection:
    """Bootstrap servers, and the names of the Secrets that hold what they ask for."""

    bootstrap_servers: str
    protocol: str = "PLAINTEXT"
    mechanism: str | None = None
    credentials_secret: str | None = None
    ca_secret: str | None = None

    @property
    def secrets(self) -> dict[str, tuple[str, ...]]:
        """The Secrets it takes, each with the keys that must be in it."""
        wanted: dict[str, tuple[str, ...]] = {}
        if self.credentials_secret:
            wanted[self.credentials_secret] = (USERNAME_KEY, PASSWORD_KEY)
        if self.ca_secret:
            wanted[self.ca_secret] = (*wanted.get(self.ca_secret, ()), CA_KEY)
        return wanted


def from_spec(spec: Spec) -> KafkaConnection:
    """Return the connection to the bootstrap servers; raises InvalidSpecError where the spec names a cluster."""
    kafka = spec.kafka
    if kafka.bootstrap_servers is None:
        raise InvalidSpecError([("spec.kafka.cluster", "not supported yet; use spec.kafka.bootstrapServers")])
    if kafka.security is None:
        return KafkaConnection(kafka.bootstrap_servers)
    return KafkaConnection(
        kafka.bootstrap_servers,
        protocol=kafka.security.protocol,
        mechanism=kafka.security.mechanism,
        credentials_secret=kafka.security.credentials_secret,
        ca_secret=kafka.security.ca_secret,
    )
