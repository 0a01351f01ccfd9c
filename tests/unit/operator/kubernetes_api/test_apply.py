"""What is written to the API server, and what is left alone."""

import copy
from typing import Any

import pytest
from tracedpipeline import desired
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka import plan
from tracedpipeline.kafka.strimzi.metadata import kept, owned
from tracedpipeline.kubernetes_api import apply
from tracedpipeline.kubernetes_api.client import Cluster
from tracedpipeline.kubernetes_api.errors import SilentError
from tracedpipeline.kubernetes_api.ownership import ObjectNotOwnedError
from tracedpipeline.settings import Settings

from tests.unit.operator.apiserver import ApiServer, server
from tests.unit.operator.conftest import body

__all__ = ["server"]

PIPELINE = TracedPipeline.parse(body())


async def apply_owned(cluster: Cluster, wanted: list[dict[str, Any]], **more: Any) -> int:
    return await apply.apply(cluster, PIPELINE, wanted, await cluster.owned(PIPELINE), **more)


def objects(settings: Settings, **spec: Any) -> list[dict[str, Any]]:
    pipeline = TracedPipeline.parse(body(**spec))
    return desired.build(pipeline, plan.access(pipeline), settings)


async def test_everything_is_applied_once_and_then_nothing(
    server: tuple[ApiServer, Cluster], settings: Settings
) -> None:
    answers, cluster = server
    assert await apply_owned(cluster, objects(settings)) == 12
    assert all(
        query == {"fieldManager": "tracedpipeline-operator"}
        for verb, _, query, _ in answers.requests
        if verb == "PATCH"
    )
    answers.requests.clear()
    assert await apply_owned(cluster, objects(settings)) == 0
    assert answers.sent("PATCH") == []


async def test_only_what_differs_is_applied(server: tuple[ApiServer, Cluster], settings: Settings) -> None:
    answers, cluster = server
    await apply_owned(cluster, objects(settings))
    answers.requests.clear()
    await apply_owned(cluster, objects(settings, producer={"ratePerSecond": 11}))
    assert answers.sent("PATCH") == ["/apis/apps/v1/namespaces/shop/deployments/orders-producer"]


async def test_what_is_no_longer_wanted_is_deleted(server: tuple[ApiServer, Cluster], settings: Settings) -> None:
    answers, cluster = server
    await apply_owned(cluster, objects(settings))
    wanted = [o for o in objects(settings) if o["metadata"]["name"] != "orders-jaeger-config"]
    assert await apply_owned(cluster, wanted) == 1
    assert answers.sent("DELETE") == ["/api/v1/namespaces/shop/configmaps/orders-jaeger-config"]
    (query,) = (query for verb, _, query, _ in answers.requests if verb == "DELETE")
    assert query == {"propagationPolicy": "Background"}, "what belongs to it, a Deployment's pods, goes with it"


async def test_what_is_protected_is_neither_applied_nor_pruned(
    server: tuple[ApiServer, Cluster], settings: Settings
) -> None:
    answers, cluster = server
    await apply_owned(cluster, objects(settings))
    protected = frozenset({("Deployment", "orders-producer"), ("Deployment", "orders-consumer")})
    wanted = [
        o for o in objects(settings, producer={"ratePerSecond": 11}) if o["metadata"]["name"] != "orders-consumer"
    ]
    answers.requests.clear()
    await apply_owned(cluster, wanted, protected=protected)
    assert answers.sent("PATCH") == []
    assert answers.sent("DELETE") == ["/api/v1/namespaces/shop/serviceaccounts/orders-consumer"]


KEPT_TOPIC: dict[str, Any] = {
    "apiVersion": "kafka.strimzi.io/v1",
    "kind": "KafkaTopic",
    "metadata": kept(PIPELINE, "traced-topic"),
    "spec": {"partitions": 3},
}


async def test_what_outlives_the_pipeline_is_found_again_changed_and_never_deleted(
    server: tuple[ApiServer, Cluster],
) -> None:
    answers, cluster = server
    assert await apply_owned(cluster, [KEPT_TOPIC]) == 1
    assert await apply_owned(cluster, [KEPT_TOPIC]) == 0
    assert await apply_owned(cluster, [{**KEPT_TOPIC, "spec": {"partitions": 6}}]) == 1
    assert await apply_owned(cluster, []) == 0
    assert answers.sent("DELETE") == []


async def test_no_change_of_the_spec_deletes_data(server: tuple[ApiServer, Cluster]) -> None:
    answers, cluster = server
    going = TracedPipeline.parse(body(kafka={"cluster": {"name": "demo"}, "topic": {"deletionPolicy": "Delete"}}))
    wanted = {**KEPT_TOPIC, "metadata": kept(going, "traced-topic")}
    assert wanted["metadata"]["ownerReferences"]
    assert await apply_owned(cluster, [wanted]) == 1
    answers.requests.clear()
    assert await apply_owned(cluster, []) == 1
    assert answers.sent("DELETE") == []
    (released,) = (content for verb, _, _, content in answers.requests if verb == "PATCH")
    assert released == {"metadata": {"ownerReferences": None}}


async def test_an_object_of_ours_that_lost_its_labels_is_mended(
    server: tuple[ApiServer, Cluster], settings: Settings
) -> None:
    _, cluster = server
    await apply_owned(cluster, objects(settings))
    assert await apply.apply(cluster, PIPELINE, objects(settings), {}) == 12, "no label, so it is in no list"


async def test_a_user_that_is_there_already_is_not_taken_over(server: tuple[ApiServer, Cluster]) -> None:
    answers, cluster = server
    theirs = "/apis/kafka.strimzi.io/v1/namespaces/shop/kafkausers/orders-producer"
    answers.objects[theirs] = {"metadata": {"name": "orders-producer", "namespace": "shop"}}
    wanted = {"kind": "KafkaUser", "metadata": owned(PIPELINE, "orders-producer", {})}
    with pytest.raises(ObjectNotOwnedError, match="KafkaUser orders-producer exists and does not belong"):
        await apply_owned(cluster, [wanted])
    assert answers.sent("PATCH") == []


async def test_objects_of_others_are_not_deleted(server: tuple[ApiServer, Cluster], settings: Settings) -> None:
    answers, cluster = server
    await apply_owned(cluster, objects(settings))
    foreign = copy.deepcopy(answers.objects["/api/v1/namespaces/shop/configmaps/orders-jaeger-config"])
    foreign["metadata"] |= {"name": "mine", "ownerReferences": []}
    answers.objects["/api/v1/namespaces/shop/configmaps/mine"] = foreign
    await apply_owned(cluster, objects(settings))
    assert answers.sent("DELETE") == []


async def test_a_conflict_is_told_in_an_event_and_then_forced(
    server: tuple[ApiServer, Cluster], settings: Settings
) -> None:
    answers, cluster = server
    await apply_owned(cluster, objects(settings))
    path = "/apis/apps/v1/namespaces/shop/deployments/orders-producer"
    answers.conflicts = {path}
    answers.objects[path]["spec"]["replicas"] = 7
    answers.requests.clear()
    await apply_owned(cluster, objects(settings))
    patches = [query for verb, _, query, _ in answers.requests if verb == "PATCH"]
    assert [query.get("force") for query in patches] == [None, "true"]
    (event,) = (content for verb, _, _, content in answers.requests if verb == "POST")
    assert event["reason"] == "FieldsTakenBack"
    assert "conflict with kubectl" in event["note"]


async def test_somebody_elses_object_is_left_alone(server: tuple[ApiServer, Cluster], settings: Settings) -> None:
    answers, cluster = server
    path = "/apis/apps/v1/namespaces/shop/deployments/orders-producer"
    answers.objects[path] = {"metadata": {"name": "orders-producer", "namespace": "shop"}}
    answers.conflicts = {path}
    with pytest.raises(ObjectNotOwnedError, match="orders-producer exists and does not belong"):
        await apply_owned(cluster, objects(settings))
    assert answers.objects[path] == {"metadata": {"name": "orders-producer", "namespace": "shop"}}


async def test_an_api_server_that_falls_silent_is_not_asked_for_each_object(
    server: tuple[ApiServer, Cluster], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    async def silent(_: Cluster, wanted: dict[str, Any], **__: Any) -> None:
        tried.append(wanted["metadata"]["name"])
        raise SilentError("patch: the API server does not answer in time")

    monkeypatch.setattr(Cluster, "apply", silent)
    with pytest.raises(SilentError):
        await apply_owned(server[1], objects(settings))
    assert len(tried) == 1, "each would wait for its own time-out"
