"""A topic that was there and is gone: told of before it is created again."""

from collections.abc import Iterable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from confluent_kafka import KafkaError, KafkaException
from tracedpipeline import reasons
from tracedpipeline.flink.jobs import Jobs
from tracedpipeline.kafka import admin
from tracedpipeline.kafka.access import KafkaClusters
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.reconcile import reconcile
from tracedpipeline.reconciler import connected
from tracedpipeline.settings import Settings

from tests.unit.operator.conftest import body
from tests.unit.operator.failing import KEY, ORDERS, Bench, Kafka, bench

__all__ = ["bench"]

ALL = ["traced-topic", "traced-topic.dlq"]


class Broker:
    """A Kafka cluster that has topics, may lose them, and may be away."""

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self.away = False
        self.forgetful = 0

    def client(self, _: Any) -> "Broker":
        return self

    def list_topics(self, name: str, timeout: float) -> Any:
        if self.away:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        self.forgetful -= 1
        missing = name not in self.topics or self.forgetful >= 0
        error = KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART) if missing else None
        return SimpleNamespace(cluster_id=None, topics={name: SimpleNamespace(error=error, partitions=[0, 1, 2])})

    def create_topics(self, topics: Iterable[Any], **_: Any) -> dict[str, Future[None]]:
        created = {topic.topic: Future[None]() for topic in topics}
        for done in created.values():
            done.set_result(None)
        self.topics |= created.keys()
        return created

    def poll(self, _: float) -> int:
        return 0


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    found = Broker()
    monkeypatch.setattr(admin, "AdminClient", found.client)
    monkeypatch.setattr(admin, "GONE_SECONDS", 0.0)
    monkeypatch.setattr(admin, "GOOD_FOR_SECONDS", {True: 0.0, False: 0.0})
    monkeypatch.setattr("tracedpipeline.kafka.looks.SILENT_SECONDS", 0.0)
    monkeypatch.delattr(Kafka, "ensure")
    return found


def kafka_ready(bench: Bench) -> tuple[str, str]:
    return bench.server.conditions["KafkaReady"]["status"], bench.server.conditions["KafkaReady"]["reason"]


def disappeared(bench: Bench) -> list[str]:
    return [e["note"] for e in bench.server.events if e.get("reason") == reasons.TOPIC_DISAPPEARED]


@pytest.mark.parametrize("lost", [ALL[:1], ALL[1:], ALL])
async def test_it_is_told_of_and_only_then_created_again(bench: Bench, broker: Broker, lost: list[str]) -> None:
    await reconcile(bench.reconciler, KEY)
    assert broker.topics == set(ALL)
    assert kafka_ready(bench) == ("True", reasons.TOPIC_READY)
    assert disappeared(bench) == [], "the first time they are new"
    broker.topics -= {*lost}
    assert await reconcile(bench.reconciler, KEY) == 1.0
    assert kafka_ready(bench) == ("False", reasons.TOPIC_DISAPPEARED)
    (told,) = disappeared(bench)
    assert f"topic {', '.join(lost)} was there and is gone, with all messages in it" in told
    assert ("the offsets of group trace-group" in told) is (ALL[0] in lost)
    assert "empty, with 3 partitions" in told
    assert bench.server.events[-1]["type"] == "Warning"
    assert broker.topics == {*ALL} - {*lost}
    await reconcile(bench.reconciler, KEY)
    assert broker.topics == set(ALL)
    assert kafka_ready(bench) == ("True", reasons.TOPIC_READY)
    assert len(disappeared(bench)) == 1
    broker.topics.clear()
    await reconcile(bench.reconciler, KEY)
    assert kafka_ready(bench) == ("False", reasons.TOPIC_DISAPPEARED), "each time"


async def test_a_broker_that_comes_back_without_its_data(bench: Bench, broker: Broker) -> None:
    await reconcile(bench.reconciler, KEY)
    broker.away = True
    await reconcile(bench.reconciler, KEY)
    assert kafka_ready(bench) == ("False", reasons.KAFKA_UNREACHABLE)
    broker.away, broker.topics = False, set()
    await reconcile(bench.reconciler, KEY)
    assert kafka_ready(bench) == ("False", reasons.TOPIC_DISAPPEARED)


async def test_what_happened_while_the_operator_was_away_is_told_of(
    bench: Bench, broker: Broker, settings: Settings
) -> None:
    await reconcile(bench.reconciler, KEY)
    broker.topics.clear()
    async with aiohttp.ClientSession() as session:
        cluster = bench.reconciler.cluster
        again = connected(cluster, KafkaClusters(cluster, Topics()), session, settings, Jobs(cluster, session))
        await reconcile(again, KEY)
    assert kafka_ready(bench) == ("False", reasons.TOPIC_DISAPPEARED)
    assert broker.topics == set()


async def test_while_it_cannot_be_told_it_is_not_created(bench: Bench, broker: Broker) -> None:
    await reconcile(bench.reconciler, KEY)
    broker.topics.clear()
    bench.server.refuse(503, "away", f"{ORDERS}/status")
    await bench.fails()
    await bench.fails()
    assert broker.topics == set()
    bench.server.refused = {}
    await reconcile(bench.reconciler, KEY)
    assert kafka_ready(bench) == ("False", reasons.TOPIC_DISAPPEARED)


async def test_a_broker_that_starts_may_not_know_its_topics_at_once(bench: Bench, broker: Broker) -> None:
    await reconcile(bench.reconciler, KEY)
    broker.forgetful = len(ALL)
    await reconcile(bench.reconciler, KEY)
    assert kafka_ready(bench) == ("True", reasons.TOPIC_READY)


@pytest.mark.parametrize("kafka", [{"bootstrapServers": "another:9092"}, {"topic": {"name": "another"}}])
async def test_what_was_never_there_is_created_at_once(bench: Bench, broker: Broker, kafka: dict[str, Any]) -> None:
    await reconcile(bench.reconciler, KEY)
    broker.topics.clear()
    changed = body(kafka={"bootstrapServers": "kafka:9092"} | kafka)
    bench.server.objects[ORDERS] |= {"spec": changed["spec"]}
    await reconcile(bench.reconciler, KEY)
    assert kafka_ready(bench) == ("True", reasons.TOPIC_READY)
    assert disappeared(bench) == []
