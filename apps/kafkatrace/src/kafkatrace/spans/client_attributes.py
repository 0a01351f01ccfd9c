"""What both kinds of client say about themselves on every span."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Final, Protocol

from confluent_kafka import KafkaException
from opentelemetry.util.types import AttributeValue

from kafkatrace.spans import semconv

_DEFAULT_PORT: Final = 9092
_LONGEST_KEY: Final = 1024
_FIRST_WAIT: Final = 0.001
_LONGEST_WAIT: Final = 60.0


class KafkaClient(Protocol):
    """A producer or consumer of confluent-kafka."""

    def cluster_id(self, timeout: float = -1) -> str:
        """Return the cluster's id, from the broker's metadata."""


class ClusterId:
    """The id of a client's cluster, once its metadata has come; never waits.

    confluent-kafka 2.16 leaks about 100 bytes with each failed question, so the questions grow rarer: the next one is
    due when a tenth of the time since the first has passed again, and after a minute at most.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.value: str | None = None
        self._clock = clock
        self._first: float | None = None
        self._due = 0.0

    def learn(self, client: KafkaClient) -> None:
        """Ask the client, if need be; never in one of its callbacks: confluent-kafka 2.16 aborts there."""
        if self.value is None and self._is_due():
            with suppress(KafkaException, RuntimeError):  # no metadata yet; the client is closed
                self.value = client.cluster_id(0)

    def _is_due(self) -> bool:
        now = self._clock()
        if self._first is None:
            self._first = now
        elif now < self._due:
            return False
        self._due = now + min(max((now - self._first) / 10, _FIRST_WAIT), _LONGEST_WAIT)
        return True

    def attributes(self) -> dict[str, AttributeValue]:
        """Return the id as an attribute, or nothing while it is not known."""
        return {} if self.value is None else {semconv.MESSAGING_KAFKA_CLUSTER_ID: self.value}


def client_attributes(conf: Mapping[str, object]) -> dict[str, AttributeValue]:
    """Constants of a client: system, client id, group, first bootstrap server."""
    attributes: dict[str, AttributeValue] = {
        semconv.MESSAGING_SYSTEM: semconv.KAFKA,
        semconv.MESSAGING_CLIENT_ID: str(conf.get("client.id", "rdkafka")),
    }
    if "group.id" in conf:
        attributes[semconv.MESSAGING_CONSUMER_GROUP_NAME] = str(conf["group.id"])
    if servers := str(conf.get("bootstrap.servers") or conf.get("metadata.broker.list") or ""):
        attributes.update(_server(servers.split(",")[0].strip()))
    return attributes


def operation(name: str, kind: str) -> dict[str, AttributeValue]:
    """Name an operation and its type."""
    return {semconv.MESSAGING_OPERATION_NAME: name, semconv.MESSAGING_OPERATION_TYPE: kind}


def _server(server: str) -> dict[str, AttributeValue]:
    address, colon, port = server.rpartition("://")[2].rpartition(":")
    if not colon or not port.isdecimal():  # no port, or the end of a bare IPv6 address
        return {
            semconv.SERVER_ADDRESS: server.rpartition("://")[2].strip("[]"),
            semconv.SERVER_PORT: _DEFAULT_PORT,
        }
    return {semconv.SERVER_ADDRESS: address.strip("[]"), semconv.SERVER_PORT: int(port)}


def key_text(key: object) -> bytes | None:
    """Return a key as UTF-8; nothing for one that is not text, or longer than 1 KiB."""
    if not isinstance(key, str | bytes) or len(key) > _LONGEST_KEY:
        return None
    if isinstance(key, bytes) and key.isascii():
        return key
    try:
        if isinstance(key, str):
            return key.encode()
        key.decode()
    except UnicodeError:
        return None
    return key
