"""Two pipelines that would share the messages of a topic, however they name the Kafka cluster."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from tracedpipeline import reasons
from tracedpipeline.kafka import admin
from tracedpipeline.kubernetes_api.client import Key
from tracedpipeline.reconcile import reconcile

from tests.unit.operator.apiserver import ApiServer
from tests.unit.operator.conftest import body
from tests.unit.operator.failing import KEY, ORDERS, Bench, Kafka, bench

__all__ = ["bench"]

THEIRS = Key("bank", "payments")
PAYMENTS = "/apis/tracedpipeline.dev/v1alpha1/namespaces/bank/tracedpipelines/payments"
# Bootstrap servers by cluster id; who is not here does not answer.
CLUSTERS = {"kafka:9092": "one", "10.0.0.7:9092": "one", "10.0.0.8:9092": "two"}


class Admin:
    """A client of the cluster at some bootstrap servers, which has all topics."""

    def __init__(self, configuration: dict[str, Any]) -> None:
        self._id = CLUSTERS.get(configuration["bootstrap.servers"])

    def list_topics(self, name: str, timeout: float) -> Any:
        if self._id is None:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        topic = SimpleNamespace(error=None, partitions=[0, 1, 2])
        return SimpleNamespace(cluster_id=self._id, topics={name: topic})

    def create_topics(self, *_: Any, **__: Any) -> dict[str, Future[None]]:
        raise AssertionError("all topics are there")

    def poll(self, _: float) -> int:
        return 0


@pytest.fixture
def rivals(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(admin, "AdminClient", Admin)
    monkeypatch.delattr(Kafka, "ensure")
    return bench


def second(bench: Bench, servers: str) -> ApiServer:
    """Have a younger pipeline in another namespace."""
    theirs = body("payments", kafka={"bootstrapServers": servers})
    theirs["metadata"] |= {"namespace": "bank", "creationTimestamp": "2026-02-01T00:00:00Z"}
    bench.server.objects[PAYMENTS] = theirs
    return bench.server


def ready(server: ApiServer, path: str) -> dict[str, Any]:
    conditions = server.objects[path]["status"]["conditions"]
    found: dict[str, Any] = next(condition for condition in conditions if condition["type"] == "Ready")
    return found


def deployments(server: ApiServer, namespace: str) -> list[str]:
    return [path for path in server.objects if f"/{namespace}/deployments/" in path]


async def test_another_spelling_of_one_cluster_is_found_out_before_anything_is_written(rivals: Bench) -> None:
    server = second(rivals, "10.0.0.7:9092")
    await reconcile(rivals.reconciler, KEY)
    assert server.objects[ORDERS]["status"]["kafka"]["clusterId"] == "one"
    for _ in range(2):
        await reconcile(rivals.reconciler, THEIRS)
        assert ready(server, PAYMENTS)["reason"] == reasons.TOPIC_AND_GROUP_IN_USE
        assert "a pipeline of another namespace" in ready(server, PAYMENTS)["message"]
        assert deployments(server, "bank") == []
        assert server.objects[PAYMENTS]["status"]["kafka"]["clusterId"] == "one", "it is known by now"
    del server.objects[ORDERS]
    await reconcile(rivals.reconciler, THEIRS)
    assert ready(server, PAYMENTS)["reason"] == reasons.PROGRESSING


async def test_another_cluster_is_another_whatever_its_topics_are_called(rivals: Bench) -> None:
    server = second(rivals, "10.0.0.8:9092")
    for key in (KEY, THEIRS, KEY):
        await reconcile(rivals.reconciler, key)
    assert ready(server, ORDERS)["reason"] == ready(server, PAYMENTS)["reason"] == reasons.PROGRESSING


async def test_until_kafka_answers_its_name_decides(rivals: Bench) -> None:
    server = second(rivals, "10.0.0.9:9092")
    for key in (KEY, THEIRS):
        await reconcile(rivals.reconciler, key)
    assert ready(server, PAYMENTS)["reason"] == reasons.KAFKA_UNREACHABLE
    assert len(deployments(server, "bank")) == 4
    second(rivals, "kafka.shop.svc:9092")
    await reconcile(rivals.reconciler, THEIRS)
    assert ready(server, PAYMENTS)["reason"] == reasons.TOPIC_AND_GROUP_IN_USE


async def test_the_id_of_one_cluster_does_not_become_that_of_another(rivals: Bench) -> None:
    server = rivals.server
    await reconcile(rivals.reconciler, KEY)
    assert server.objects[ORDERS]["status"]["kafka"] == {
        "address": "kafka:9092",
        "clusterId": "one",
        "topics": ["traced-topic", "traced-topic.dlq"],
    }
    server.objects[ORDERS] |= {"spec": body(kafka={"bootstrapServers": "10.0.0.9:9092"})["spec"]}
    await reconcile(rivals.reconciler, KEY)
    assert server.objects[ORDERS]["status"]["kafka"] == {"address": "10.0.0.9:9092", "clusterId": "", "topics": []}
    server.forget_requests()
    await reconcile(rivals.reconciler, KEY)
    assert server.sent("PATCH") == []
