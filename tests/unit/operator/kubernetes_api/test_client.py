"""What is read from the API server."""

from typing import Any

import pytest
from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kubernetes_api import objects
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.kubernetes_api.errors import NotAllowedError
from tracedpipeline.kubernetes_api.kinds import APPLIED, WORKLOADS
from tracedpipeline.settings import Settings

from tests.unit.operator.apiserver import ApiServer, server
from tests.unit.operator.conftest import body

__all__ = ["server"]


async def test_a_kind_that_the_cluster_does_not_know_is_no_fault(
    server: tuple[ApiServer, Cluster], settings: Settings
) -> None:
    answers, cluster = server
    assert not await cluster.knows("FlinkDeployment", "shop")
    answers.flink = True
    assert await cluster.knows("FlinkDeployment", "shop")


async def test_what_the_operator_may_not_do_is_an_error_of_its_own(server: tuple[ApiServer, Cluster]) -> None:
    answers, cluster = server
    answers.forbidden = "/apis/kafka.strimzi.io/v1/namespaces/theirs/kafkas/demo"
    with pytest.raises(NotAllowedError, match="kafkas is forbidden"):
        await cluster.find("Kafka", "theirs", "demo")


async def test_a_secret_is_decoded_and_a_missing_one_is_none(server: tuple[ApiServer, Cluster]) -> None:
    answers, cluster = server
    answers.objects["/api/v1/namespaces/shop/secrets/login"] = {"data": {"username": "dQ=="}}
    assert await cluster.secret("shop", "login") == {"username": b"u"}
    assert await cluster.secret("shop", "absent") is None


async def test_a_pipeline_that_is_gone_is_none(server: tuple[ApiServer, Cluster]) -> None:
    assert await server[1].pipeline(Key("shop", "orders")) is None


async def test_what_runs_pods_is_found_without_looking_for_the_rest(server: tuple[ApiServer, Cluster]) -> None:
    answers, cluster = server
    answers.flink = True
    pipeline = TracedPipeline.parse(body())
    for kind in ("Deployment", "FlinkDeployment", "ConfigMap"):
        await cluster.apply({"kind": kind, "metadata": objects.metadata(pipeline, naming.CONSUMER)})
    found = await cluster.owned(pipeline, WORKLOADS)
    assert {kind for kind, _ in found} == {"Deployment", "FlinkDeployment"}
    assert len(answers.sent("GET")) == len(WORKLOADS) < len(APPLIED)


@pytest.mark.parametrize("watched", [True, False])
async def test_pods_come_by_name_so_that_the_same_one_is_told_of_each_time(
    server: tuple[ApiServer, Cluster], watched: bool
) -> None:
    answers, cluster = server
    pipeline = TracedPipeline.parse(body())
    labels = naming.labels(pipeline.name, naming.CONSUMER)
    pods = [{"metadata": {"namespace": "shop", "name": name, "labels": labels}} for name in "bca"]
    answers.objects |= {f"/api/v1/namespaces/shop/pods/{pod['metadata']['name']}": pod for pod in pods}
    if watched:
        cluster.memory.replace("Pod", "shop", pods)
    for found in (await cluster.pods(pipeline, naming.CONSUMER), await cluster.client_pods(pipeline)):
        assert [pod["metadata"]["name"] for pod in found] == ["a", "b", "c"]


async def test_versions_change_with_what_is_a_pipelines(server: tuple[ApiServer, Cluster]) -> None:
    _, cluster = server
    pipeline = TracedPipeline.parse(body())

    def topic(version: str, instance: str = "orders") -> dict[str, Any]:
        labels = {naming.INSTANCE: instance}
        return {"metadata": {"namespace": "shop", "name": instance, "resourceVersion": version, "labels": labels}}

    cluster.memory.replace("KafkaTopic", "shop", [topic("1"), topic("1", "another")])
    first = cluster.versions(pipeline, ["KafkaTopic", "KafkaUser"])
    cluster.memory.event("KafkaTopic", "MODIFIED", topic("2", "another"))
    assert cluster.versions(pipeline, ["KafkaTopic", "KafkaUser"]) == first
    cluster.memory.event("KafkaTopic", "MODIFIED", topic("3"))
    assert cluster.versions(pipeline, ["KafkaTopic", "KafkaUser"]) != first
