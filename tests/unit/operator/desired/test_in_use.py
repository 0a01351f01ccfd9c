"""What keeps the Collector, the users and the rest there until the clients have drained.

That Kubernetes' garbage collector plays its part is a story of tests/e2e.
"""

from typing import Any

import pytest
from tracedpipeline import desired
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import in_use
from tracedpipeline.kafka import plan
from tracedpipeline.kafka.strimzi.metadata import kept, owned
from tracedpipeline.kubernetes_api import apply
from tracedpipeline.kubernetes_api.client import Cluster
from tracedpipeline.kubernetes_api.ownership import (
    ObjectNotOwnedError,
    PreviousDrainingError,
)
from tracedpipeline.settings import Settings

from tests.unit.operator.apiserver import ApiServer, server
from tests.unit.operator.conftest import body

__all__ = ["server"]

PIPELINE = TracedPipeline.parse(body())
PODS = "/api/v1/namespaces/shop/pods"
CONFIG_MAP = "/api/v1/namespaces/shop/configmaps/orders-in-use"


def pod(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": f"uid-{name}"}}


@pytest.mark.parametrize(
    ("consumer", "flink_operator", "clients"),
    [
        ({}, False, {"Deployment/orders-producer", "Deployment/orders-consumer"}),
        (
            {"engine": "Flink"},
            False,
            {"Deployment/orders-producer", "Deployment/orders-jobmanager", "Deployment/orders-taskmanager"},
        ),
        ({"engine": "Flink"}, True, {"Deployment/orders-producer", "FlinkDeployment/orders-consumer"}),
    ],
)
def test_all_but_what_runs_the_clients_is_held(
    settings: Settings, consumer: Any, flink_operator: bool, clients: set[str]
) -> None:
    live = {"metadata": {"name": "orders-in-use", "uid": "42"}}
    holding = in_use.config_map(PIPELINE, [pod("a")])
    pipeline = TracedPipeline.parse(body(consumer=consumer))
    first, *objects = desired.build(
        pipeline,
        plan.access(pipeline),
        settings,
        in_use=in_use.InUse(holding, live),
        flink_operator=flink_operator,
    )
    assert first is holding
    owners = {f"{o['kind']}/{o['metadata']['name']}": o["metadata"]["ownerReferences"] for o in objects}
    assert {name for name, found in owners.items() if len(found) == 1} == clients
    second = {"apiVersion": "v1", "kind": "ConfigMap", "name": "orders-in-use", "uid": "42"}
    assert all(found[1:] == [second] for name, found in owners.items() if name not in clients)


def test_users_are_kept_and_what_outlives_the_pipeline_is_not() -> None:
    user = {"kind": "KafkaUser", "metadata": owned(PIPELINE, "orders-producer", {})}
    stays = {"kind": "KafkaTopic", "metadata": kept(PIPELINE, "orders")}
    going = TracedPipeline.parse(body(kafka={"cluster": {"name": "demo"}, "topic": {"deletionPolicy": "Delete"}}))
    goes = {"kind": "KafkaTopic", "metadata": kept(going, "orders")}
    owned_twice = in_use.needed([user, stays, goes], {"metadata": {"name": "orders-in-use", "uid": "42"}})
    assert [len(o["metadata"].get("ownerReferences", ())) for o in owned_twice] == [2, 0, 2]


async def test_it_is_written_when_the_clients_pods_are_others_and_only_then(server: tuple[ApiServer, Cluster]) -> None:
    answers, cluster = server

    async def hold(*pods: str) -> list[str]:
        answers.requests.clear()
        live = await cluster.owned(PIPELINE)
        wanted = in_use.config_map(PIPELINE, map(pod, pods))
        await apply.write(cluster, PIPELINE, wanted, live.get(("ConfigMap", "orders-in-use")))
        return [owner["uid"] for owner in answers.objects[CONFIG_MAP]["metadata"]["ownerReferences"]]

    assert await hold() == ["uid-orders"]
    assert answers.sent("PATCH") == [CONFIG_MAP]
    assert await hold("b", "a") == ["uid-orders", "uid-a", "uid-b"]
    assert answers.sent("PATCH") == [CONFIG_MAP]
    answers.objects[CONFIG_MAP]["metadata"]["ownerReferences"].reverse()  # the API server's own order
    assert set(await hold("a", "b")) == {"uid-orders", "uid-a", "uid-b"}
    assert answers.sent("PATCH") == []
    answers.objects[CONFIG_MAP]["metadata"]["ownerReferences"].pop(0)  # the garbage collector's: b is gone
    assert set(await hold("a")) == {"uid-orders", "uid-a"}
    assert answers.sent("PATCH") == [CONFIG_MAP]


async def test_a_pipeline_made_again_waits_for_the_earlier_ones_clients(
    server: tuple[ApiServer, Cluster], settings: Settings
) -> None:
    answers, cluster = server
    before = TracedPipeline.parse(body() | {"metadata": body()["metadata"] | {"uid": "uid-before"}})
    await apply.write(cluster, before, in_use.config_map(before, [pod("a")]), None)
    answers.requests.clear()
    with pytest.raises(PreviousDrainingError, match="ConfigMap orders-in-use is of an earlier pipeline"):
        await apply.write(cluster, PIPELINE, in_use.config_map(PIPELINE, []), None)
    assert answers.sent("PATCH") == []
    del answers.objects[CONFIG_MAP]
    assert await apply.write(cluster, PIPELINE, in_use.config_map(PIPELINE, []), None)


async def test_a_config_map_of_somebody_elses_is_told_as_before(server: tuple[ApiServer, Cluster]) -> None:
    answers, cluster = server
    answers.objects[CONFIG_MAP] = {"metadata": {"name": "orders-in-use", "namespace": "shop"}}
    with pytest.raises(ObjectNotOwnedError, match="ConfigMap orders-in-use exists and does not belong"):
        await apply.write(cluster, PIPELINE, in_use.config_map(PIPELINE, []), None)
