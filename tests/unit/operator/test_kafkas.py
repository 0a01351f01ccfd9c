"""What is asked of the API server for a Kafka; what the answers mean is test_access's."""

from typing import Any

import pytest
from tracedpipeline import naming, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.cluster import NotAllowedError
from tracedpipeline.kafkas import Kafkas
from tracedpipeline.topics import Topics

from tests.unit.operator.conftest import body
from tests.unit.operator.strimzi.conftest import MTLS, PLAIN, kafka, topic, user


class ApiServer:
    """A Cluster that knows one Kafka, demo in namespace shop."""

    def __init__(self, *, installed: bool = True) -> None:
        self.installed = installed
        self.asked: list[str] = []

    async def knows(self, kind: str, namespace: str) -> bool:
        return self.installed

    async def find(self, kind: str, namespace: str, name: str) -> Any:
        return kafka(PLAIN, MTLS) if self.installed and name == "demo" else None

    async def list_of(self, kind: str, namespace: str, selector: str) -> list[Any]:
        assert selector == "strimzi.io/cluster=demo"
        if kind == "KafkaTopic":
            return [topic("traced-topic"), topic("traced-topic.dlq")]
        return [user("orders-producer"), user("orders-consumer")]

    async def secret(self, namespace: str, name: str) -> dict[str, bytes] | None:
        self.asked.append(f"{namespace}/{name}")
        return {"user.crt": b"certificate", "user.key": b"key"}


def pipeline(**spec: Any) -> TracedPipeline:
    return TracedPipeline.parse(body(kafka=spec))


@pytest.mark.parametrize(
    ("installed", "name", "reason"),
    [
        (True, "demo", reasons.TOPIC_READY),
        (True, "absent", reasons.KAFKA_NOT_FOUND),
        (False, "demo", reasons.STRIMZI_NOT_INSTALLED),
    ],
)
async def test_a_strimzi_cluster(installed: bool, name: str, reason: str) -> None:
    kafkas = Kafkas(ApiServer(installed=installed), Topics())  # type: ignore[arg-type] # as much of it as is asked
    of = pipeline(cluster={"name": name})
    way = await kafkas.access(of)
    assert (await kafkas.verdict(of, way)).reason == reason


async def test_a_kafka_that_the_operator_may_not_read() -> None:
    class Forbidding(ApiServer):
        async def find(self, kind: str, namespace: str, name: str) -> Any:
            raise NotAllowedError("get kafkas/demo: kafkas is forbidden")

    kafkas = Kafkas(Forbidding(), Topics())  # type: ignore[arg-type] # as above
    of = pipeline(cluster={"name": "demo", "namespace": "theirs"})
    way = await kafkas.access(of)
    verdict = await kafkas.verdict(of, way)
    assert verdict.reason == reasons.KAFKA_NOT_ALLOWED
    assert verdict.message == (
        "the operator may not read Kafka theirs/demo: get kafkas/demo: kafkas is forbidden: "
        "add the namespace to the chart's watchNamespaces"
    )
    assert not way.objects


async def test_only_the_secrets_of_the_own_users_and_of_the_clusters_authority_are_read() -> None:
    server = ApiServer()
    await Kafkas(server, Topics()).access(pipeline(cluster={"name": "demo"}))  # type: ignore[arg-type] # as above
    assert server.asked == ["shop/orders-producer", "shop/orders-consumer", "shop/demo-cluster-ca-cert"]


async def test_no_secret_of_another_namespace_is_read() -> None:
    server = ApiServer()
    await Kafkas(server, Topics()).access(pipeline(cluster={"name": "demo", "namespace": "kafka"}))  # type: ignore[arg-type] # as above
    assert server.asked == []


async def test_bootstrap_servers_are_asked_themselves() -> None:
    kafkas = Kafkas(ApiServer(), Topics())  # type: ignore[arg-type] # as above
    of = pipeline(bootstrapServers="127.0.0.1:1")
    way = await kafkas.access(of)
    assert way.clients[naming.PRODUCER] == way.clients[naming.CONSUMER]
    assert (await kafkas.verdict(of, way)).reason == reasons.KAFKA_UNREACHABLE
