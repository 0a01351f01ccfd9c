"""Kafka's topics: created where they are missing, looked at where they are not."""

import asyncio
import logging
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tracedpipeline import reasons
from tracedpipeline.api import TopicSpec
from tracedpipeline.kafka import refusals, topics
from tracedpipeline.kafka.connection import CA_KEY, PASSWORD_KEY, USERNAME_KEY, KafkaConnection
from tracedpipeline.kafka.looks import Found, Looks
from tracedpipeline.kafka.secrets import Secrets, invalid_secret
from tracedpipeline.kafka.topics import Wanted
from tracedpipeline.verdict import Verdict

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 5
MOST_BYTES = 2**20
_CLUSTER_ID = re.compile(r"[0-9A-Za-z_.-]{1,64}")
# For so long a topic is missing before it counts as gone.
GONE_SECONDS = 1.0
# In a request: as many copies as the broker makes of itself (KIP-464).
BROKERS_DEFAULT = -1
# A verdict is good for this long, so that an event of a pod does not become a request to Kafka.
GOOD_FOR_SECONDS = {True: 15.0, False: 3.0}


@dataclass(frozen=True)
class _Known:
    question: Any
    verdict: Verdict
    until: float


class Topics:
    """Looks after the topics of all pipelines, and remembers for a while what it saw."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _Known] = {}
        self._looks = Looks(self._look)
        self._cluster_ids: dict[str, str] = {}

    async def ensure(
        self, key: tuple[str, str], connection: KafkaConnection, secrets: Secrets, wanted: Wanted
    ) -> Verdict:
        """Return whether Kafka answers and has the topics of a pipeline, after creating what may be created.

        `key` is the pipeline's namespace and name. A topic that was seen before and is gone is told of, first.
        """
        question = (connection, secrets, wanted.spec.kafka, wanted.spec.topics, wanted.seen)
        now = asyncio.get_running_loop().time()
        known = self._known.get(key)
        if known and known.question == question and now < known.until:
            return known.verdict
        verdict = await self._looks.verdict(key[0], connection, secrets, wanted)
        self._known[key] = _Known(question, verdict, now + GOOD_FOR_SECONDS[bool(verdict.ok)])
        return verdict

    def cluster_id(self, bootstrap_servers: str) -> str | None:
        """Return the id of the cluster that answered there last."""
        return self._cluster_ids.get(bootstrap_servers)

    def _look(self, connection: KafkaConnection, secrets: Secrets, all_wanted: Sequence[Wanted]) -> Found:
        return _ensure(connection, secrets, all_wanted, self._cluster_ids)

    def forget(self, key: tuple[str, str]) -> None:
        """Forget a pipeline that is gone."""
        self._known.pop(key, None)


@dataclass
class _Client:
    """A client of one cluster, with the errors that it told of, and the cluster's id once it has answered."""

    admin: AdminClient
    servers: str
    errors: list[KafkaError]
    cluster_id: str | None = None

    def there(self, names: Iterable[str]) -> dict[str, Any]:
        """Return the topics of these names that Kafka has; all topics of a big cluster would be hundreds of MB."""
        found = {}
        for name in dict.fromkeys(names):
            answer = self.admin.list_topics(name, timeout=TIMEOUT_SECONDS)
            # It becomes a part of the status; Kafka's own are 22 characters.
            if _CLUSTER_ID.fullmatch(answer.cluster_id or ""):
                self.cluster_id = answer.cluster_id
            topic = answer.topics.get(name)
            if topic is None:
                raise KafkaException(KafkaError(KafkaError._BAD_MSG, f"the answer does not tell of topic {name}"))
            if topic.error is None or topic.error.code() == KafkaError.LEADER_NOT_AVAILABLE:
                found[name] = topic
            elif topic.error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise KafkaException(topic.error)
        return found


def _ensure(
    connection: KafkaConnection, secrets: Secrets, all_wanted: Sequence[Wanted], cluster_ids: dict[str, str]
) -> Found:
    """Return the verdict on each one's topics, by one client; one on the cluster where nobody gets as far.

    The id of a cluster that answers is put into `cluster_ids`.
    """
    if invalid := invalid_secret(connection, secrets):
        return invalid
    errors: list[KafkaError] = []
    try:
        admin = AdminClient(_configuration(connection, secrets) | {"error_cb": errors.append})
    except KafkaException as error:
        # Names and protocols are the schema's, so that what it takes offence at is what a Secret holds.
        message = f"what a Secret of kafka.security holds cannot be used: {refusals.said(error.args[0])}"
        return Verdict(False, reasons.SECRET_INVALID, message)
    client = _Client(admin, connection.bootstrap_servers, errors)
    found: list[Verdict | Exception] = []
    for wanted in all_wanted:
        found.append(_one(client, wanted))
        if isinstance(last := found[-1], Verdict) and last.reason == reasons.KAFKA_UNREACHABLE:
            return last
    if client.cluster_id:
        cluster_ids[client.servers] = client.cluster_id
    return found


def _one(client: _Client, wanted: Wanted) -> Verdict | Exception:
    try:
        return _ensure_topics(client, wanted)
    except KafkaException as error:
        client.admin.poll(0)
        return refusals.verdict(client.servers, [*client.errors, error.args[0]])
    except Exception as error:  # of one pipeline, and no other's
        return error


def _ensure_topics(client: _Client, wanted: Wanted) -> Verdict:
    spec, topic = wanted.spec, wanted.spec.kafka.topic
    there = client.there(spec.topics)
    missing = [name for name in spec.topics if name not in there]
    if missing and not topic.create:
        message = f"topic {missing[0]} is not at {client.servers}: create it, or set kafka.topic.create"
        return Verdict(False, reasons.TOPIC_MISSING, message)
    if gone := _gone(client, [name for name in missing if name in wanted.seen]):
        return topics.disappeared("topic", gone, spec)
    _create(client.admin, topic, missing)
    if topic.name in there and 0 < (partitions := len(there[topic.name].partitions)) < topic.partitions:
        return topics.too_few_partitions(f"topic {topic.name}", partitions, topic.partitions)
    return Verdict(True, reasons.TOPIC_READY, f"topic {topic.name} is at {client.servers}")


def _gone(client: _Client, names: Sequence[str]) -> list[str]:
    """Return those of the topics that are missing still: a broker that starts may not know all of them at once."""
    if not names:
        return []
    time.sleep(GONE_SECONDS)
    there = client.there(names)
    return [name for name in names if name not in there]


def _create(admin: AdminClient, topic: TopicSpec, names: list[str]) -> None:
    if not names:
        return
    config = {key: str(value) for key, value in topics.configuration(topic).items()}
    wanted = [
        NewTopic(
            name, num_partitions=topic.partitions, replication_factor=topic.replicas or BROKERS_DEFAULT, config=config
        )
        for name in names
    ]
    for name, done in admin.create_topics(wanted, operation_timeout=TIMEOUT_SECONDS).items():
        try:
            done.result(timeout=2 * TIMEOUT_SECONDS)
            log.info("created topic %s", name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def _configuration(connection: KafkaConnection, secrets: Secrets) -> dict[str, Any]:
    configuration: dict[str, Any] = {
        "bootstrap.servers": connection.bootstrap_servers,
        "security.protocol": connection.protocol,
        "client.id": "tracedpipeline-operator",
        "socket.timeout.ms": TIMEOUT_SECONDS * 1000,
        # The metadata of a topic of 10,000 partitions are 600 kB; whoever answers with more does not mean us.
        "receive.message.max.bytes": MOST_BYTES,
        # Asking for a topic must not create it, with the broker's own settings.
        "allow.auto.create.topics": False,
        # Its errors come through error_cb, and reach the user as a condition.
        "log_level": 0,
    }
    if connection.mechanism and connection.credentials_secret:
        credentials = secrets[connection.credentials_secret]
        configuration |= {
            "sasl.mechanism": connection.mechanism,
            "sasl.username": credentials[USERNAME_KEY].decode().strip(),
            "sasl.password": credentials[PASSWORD_KEY].decode().strip(),
        }
    if connection.ca_certificates:
        configuration["ssl.ca.pem"] = connection.ca_certificates
    if connection.ca_secret:
        configuration["ssl.ca.pem"] = secrets[connection.ca_secret][CA_KEY].decode()
    return configuration
