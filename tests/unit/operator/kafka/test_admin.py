"""Against librdkafka's own mock broker, and an address where nothing listens.

The mock knows no CreateTopics; that a topic is created is a story of tests/e2e, on a real broker.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from tracedpipeline import reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka import connection
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.kafka.connection import KafkaConnection
from tracedpipeline.kafka.secrets import Secrets, missing_secret
from tracedpipeline.kafka.topics import Wanted
from tracedpipeline.verdict import Verdict

from tests.unit.operator.conftest import body


@pytest.fixture
def broker() -> Iterator[str]:
    """Bootstrap servers of a mock cluster with the pipeline's two topics, of four partitions each."""
    client = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1})
    for topic in ("traced-topic", "traced-topic.dlq"):
        client.list_topics(topic, timeout=5)
    brokers = client.list_topics(timeout=5).brokers.values()
    yield ",".join(f"{b.host}:{b.port}" for b in brokers)


async def ensure(servers: str, secrets: Secrets | None = None, topics: Topics | None = None, **kafka: Any) -> Verdict:
    pipeline = TracedPipeline.parse(body(kafka={"bootstrapServers": servers, **kafka}))
    kafka_connection = connection.from_spec(pipeline.spec)
    return await (topics or Topics()).ensure(("shop", "orders"), kafka_connection, secrets or {}, Wanted(pipeline.spec))


async def test_topics_that_are_there(broker: str) -> None:
    verdict = await ensure(broker)
    assert verdict.reason == reasons.TOPIC_READY
    assert broker in verdict.message


async def test_a_topic_that_may_not_be_created(broker: str) -> None:
    verdict = await ensure(broker, topic={"name": "absent", "create": False})
    assert verdict.reason == reasons.TOPIC_MISSING
    assert "absent" in verdict.message


async def test_flink_has_a_topic_more(broker: str) -> None:
    kafka = {"bootstrapServers": broker, "topic": {"create": False}}
    pipeline = TracedPipeline.parse(body(kafka=kafka, consumer={"engine": "Flink"}))
    verdict = await Topics().ensure(("shop", "orders"), connection.from_spec(pipeline.spec), {}, Wanted(pipeline.spec))
    assert verdict.reason == reasons.TOPIC_MISSING
    assert "traced-topic.results" in verdict.message


async def test_a_topic_with_fewer_partitions(broker: str) -> None:
    verdict = await ensure(broker, topic={"partitions": 5})
    assert verdict.reason == reasons.TOPIC_HAS_FEWER_PARTITIONS
    assert "has 4 partitions, kafka.topic.partitions wants 5" in verdict.message


async def test_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracedpipeline.kafka.admin.TIMEOUT_SECONDS", 0.1)
    verdict = await ensure("127.0.0.1:9")
    assert verdict.reason == reasons.KAFKA_UNREACHABLE
    assert "127.0.0.1:9" in verdict.message
    assert "(after" not in verdict.message


SASL = {"protocol": "SASL_PLAINTEXT", "mechanism": "SCRAM-SHA-256", "credentialsSecret": "login"}


@pytest.mark.parametrize(
    ("secrets", "words"), [({}, "Secret 'login'"), ({"login": {"username": b"u"}}, "key 'password' of Secret 'login'")]
)
def test_a_missing_secret(secrets: Secrets, words: str) -> None:
    pipeline = TracedPipeline.parse(body(kafka={"bootstrapServers": "127.0.0.1:9", "security": SASL}))
    verdict = missing_secret(connection.from_spec(pipeline.spec), secrets)
    assert verdict
    assert verdict.reason == reasons.SECRET_MISSING
    assert words in verdict.message


async def test_a_verdict_is_remembered_until_the_question_changes(broker: str) -> None:
    topics = Topics()
    assert (await ensure(broker, topics=topics)).ok
    assert (await ensure(broker, topics=topics, topic={"name": "absent", "create": False})).ok is False


def test_the_secrets_that_a_connection_takes() -> None:
    wanted = KafkaConnection("k:1", "SASL_SSL", "PLAIN", credentials_secret="both", ca_secret="both").secrets
    assert wanted == {"both": ("username", "password", "ca.crt")}


@pytest.mark.parametrize("consumer", [{}, {"engine": "Flink"}])
async def test_only_the_pipelines_own_topics_are_asked_about(
    broker: str, consumer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    class Recording(AdminClient):
        def list_topics(self, topic: str | None = None, timeout: float = -1) -> Any:
            asked.append(topic)
            return super().list_topics(topic, timeout=timeout)

    monkeypatch.setattr("tracedpipeline.kafka.admin.AdminClient", Recording)
    kafka = {"bootstrapServers": broker, "topic": {"create": False}}
    pipeline = TracedPipeline.parse(body(kafka=kafka, consumer=consumer))
    await Topics().ensure(("shop", "orders"), connection.from_spec(pipeline.spec), {}, Wanted(pipeline.spec))
    assert asked == list(pipeline.spec.topics)


async def test_a_topic_is_not_created_by_asking_for_it(broker: str) -> None:
    await ensure(broker, topic={"name": "absent", "create": False})
    assert "absent" not in Producer({"bootstrap.servers": broker}).list_topics(timeout=5).topics
