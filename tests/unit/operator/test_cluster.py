"""What is sent to the API server. Server-side apply's own semantics are tests/e2e's, on a real one."""

import copy
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio import client
from tracedpipeline import connection, desired
from tracedpipeline.api import TracedPipeline
from tracedpipeline.cluster import Cluster, Key, ObjectNotOwnedError
from tracedpipeline.desired import strimzi
from tracedpipeline.settings import Settings

from tests.unit.operator.conftest import body

PIPELINE = TracedPipeline.parse(body())


class ApiServer:
    """Keeps what is applied; answers 409 where the test says so."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        self.conflicts: set[str] = set()
        self.flink = False

    async def handle(self, request: web.Request) -> web.Response:
        path, content = request.path, await request.json() if request.can_read_body else None
        self.requests.append((request.method, path, dict(request.query), content))
        return getattr(self, f"do_{request.method.lower()}")(request, path, content)  # type: ignore[no-any-return]  # by name

    def do_get(self, request: web.Request, path: str, _: Any) -> web.Response:
        if path.count("/") == 7 or (path.startswith("/api/v1/") and path.count("/") == 6):
            return self._one(path)
        if path.startswith("/apis/flink.apache.org/") and not self.flink:
            return web.json_response({"reason": "NotFound"}, status=404)
        return web.json_response({"items": [o for key, o in self.objects.items() if key.startswith(f"{path}/")]})

    def _one(self, path: str) -> web.Response:
        if path not in self.objects:
            return web.json_response({"reason": "NotFound"}, status=404)
        return web.json_response(self.objects[path])

    def do_patch(self, request: web.Request, path: str, content: Any) -> web.Response:
        if path in self.conflicts and "force" not in request.query:
            return web.json_response({"message": "conflict with kubectl"}, status=409)
        # As in a real list, items come without their kind.
        self.objects[path] = {key: value for key, value in content.items() if key not in ("kind", "apiVersion")}
        return web.json_response(content)

    def do_delete(self, request: web.Request, path: str, _: Any) -> web.Response:
        return web.json_response(self.objects.pop(path))

    def do_post(self, request: web.Request, path: str, content: Any) -> web.Response:
        return web.json_response(content)

    def sent(self, method: str) -> list[str]:
        return [path for verb, path, _, _ in self.requests if verb == method]


@pytest.fixture
async def server() -> AsyncIterator[tuple[ApiServer, Cluster]]:
    answers = ApiServer()
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", answers.handle)
    async with TestServer(application) as listening:
        configuration = client.Configuration(host=str(listening.make_url("")).rstrip("/"))
        async with client.ApiClient(configuration) as api:
            yield answers, Cluster(api)


async def apply(cluster: Cluster, wanted: list[dict[str, Any]], **more: Any) -> int:
    return await cluster.apply(PIPELINE, wanted, await cluster.owned(PIPELINE), **more)


def objects(settings: Settings, **spec: Any) -> list[dict[str, Any]]:
    pipeline = TracedPipeline.parse(body(**spec))
    return desired.build(pipeline, connection.alike(connection.from_spec(pipeline.spec)), settings)


async def test_everything_is_applied_once_and_then_nothing(
    server: tuple[ApiServer, Cluster], settings: Settings
) -> None:
    answers, cluster = server
    assert await apply(cluster, objects(settings)) == 12
    assert all(
        query == {"fieldManager": "tracedpipeline-operator"}
        for verb, _, query, _ in answers.requests
        if verb == "PATCH"
    )
    answers.requests.clear()
    assert await apply(cluster, objects(settings)) == 0
    assert answers.sent("PATCH") == []


async def test_only_what_differs_is_applied(server: tuple[ApiServer, Cluster], settings: Settings) -> None:
    answers, cluster = server
    await apply(cluster, objects(settings))
    answers.requests.clear()
    await apply(cluster, objects(settings, producer={"ratePerSecond": 11}))
    assert answers.sent("PATCH") == ["/apis/apps/v1/namespaces/shop/deployments/orders-producer"]


async def test_what_is_no_longer_wanted_is_deleted(server: tuple[ApiServer, Cluster], settings: Settings) -> None:
    answers, cluster = server
    await apply(cluster, objects(settings))
    wanted = [o for o in objects(settings) if o["metadata"]["name"] != "orders-jaeger-config"]
    assert await apply(cluster, wanted) == 1
    assert answers.sent("DELETE") == ["/api/v1/namespaces/shop/configmaps/orders-jaeger-config"]


async def test_what_is_to_be_left_is_neither_written_nor_deleted(
    server: tuple[ApiServer, Cluster], settings: Settings
) -> None:
    answers, cluster = server
    await apply(cluster, objects(settings))
    left = frozenset({("Deployment", "orders-producer"), ("Deployment", "orders-consumer")})
    wanted = [
        o for o in objects(settings, producer={"ratePerSecond": 11}) if o["metadata"]["name"] != "orders-consumer"
    ]
    answers.requests.clear()
    await apply(cluster, wanted, leave=left)
    assert answers.sent("PATCH") == []
    assert answers.sent("DELETE") == ["/api/v1/namespaces/shop/serviceaccounts/orders-consumer"]


async def test_a_kind_that_the_cluster_does_not_know_is_no_fault(
    server: tuple[ApiServer, Cluster], settings: Settings
) -> None:
    answers, cluster = server
    assert not await cluster.knows("FlinkDeployment", "shop")
    answers.flink = True
    assert await cluster.knows("FlinkDeployment", "shop")


KEPT_TOPIC: dict[str, Any] = {
    "apiVersion": "kafka.strimzi.io/v1",
    "kind": "KafkaTopic",
    "metadata": strimzi.kept(PIPELINE, "traced-topic"),
    "spec": {"partitions": 3},
}


async def test_what_outlives_the_pipeline_is_found_again_changed_and_never_deleted(
    server: tuple[ApiServer, Cluster],
) -> None:
    answers, cluster = server
    assert await apply(cluster, [KEPT_TOPIC]) == 1
    assert await apply(cluster, [KEPT_TOPIC]) == 0
    assert await apply(cluster, [{**KEPT_TOPIC, "spec": {"partitions": 6}}]) == 1
    assert await apply(cluster, []) == 0
    assert answers.sent("DELETE") == []


async def test_an_object_of_ours_that_lost_its_labels_is_mended(
    server: tuple[ApiServer, Cluster], settings: Settings
) -> None:
    _, cluster = server
    await apply(cluster, objects(settings))
    assert await cluster.apply(PIPELINE, objects(settings), {}) == 12, "no label, so it is in no list"


async def test_a_user_that_is_there_already_is_not_taken_over(server: tuple[ApiServer, Cluster]) -> None:
    answers, cluster = server
    theirs = "/apis/kafka.strimzi.io/v1/namespaces/shop/kafkausers/orders-producer"
    answers.objects[theirs] = {"metadata": {"name": "orders-producer", "namespace": "shop"}}
    wanted = {"kind": "KafkaUser", "metadata": strimzi.owned(PIPELINE, "orders-producer", {})}
    with pytest.raises(ObjectNotOwnedError, match="KafkaUser orders-producer exists and does not belong"):
        await apply(cluster, [wanted])
    assert answers.sent("PATCH") == []


async def test_objects_of_others_are_not_deleted(server: tuple[ApiServer, Cluster], settings: Settings) -> None:
    answers, cluster = server
    await apply(cluster, objects(settings))
    foreign = copy.deepcopy(answers.objects["/api/v1/namespaces/shop/configmaps/orders-jaeger-config"])
    foreign["metadata"] |= {"name": "mine", "ownerReferences": []}
    answers.objects["/api/v1/namespaces/shop/configmaps/mine"] = foreign
    await apply(cluster, objects(settings))
    assert answers.sent("DELETE") == []


async def test_a_conflict_is_told_in_an_event_and_then_forced(
    server: tuple[ApiServer, Cluster], settings: Settings
) -> None:
    answers, cluster = server
    await apply(cluster, objects(settings))
    path = "/apis/apps/v1/namespaces/shop/deployments/orders-producer"
    answers.conflicts = {path}
    answers.objects[path]["spec"]["replicas"] = 7
    answers.requests.clear()
    await apply(cluster, objects(settings))
    patches = [query for verb, _, query, _ in answers.requests if verb == "PATCH"]
    assert [query.get("force") for query in patches] == [None, "true"]
    (event,) = (content for verb, _, _, content in answers.requests if verb == "POST")
    assert event["reason"] == "FieldsTakenBack"
    assert "conflict with kubectl" in event["message"]


async def test_somebody_elses_object_is_left_alone(server: tuple[ApiServer, Cluster], settings: Settings) -> None:
    answers, cluster = server
    path = "/apis/apps/v1/namespaces/shop/deployments/orders-producer"
    answers.objects[path] = {"metadata": {"name": "orders-producer", "namespace": "shop"}}
    answers.conflicts = {path}
    with pytest.raises(ObjectNotOwnedError, match="orders-producer exists and does not belong"):
        await apply(cluster, objects(settings))
    assert answers.objects[path] == {"metadata": {"name": "orders-producer", "namespace": "shop"}}


async def test_a_secret_is_decoded_and_a_missing_one_is_none(server: tuple[ApiServer, Cluster]) -> None:
    answers, cluster = server
    answers.objects["/api/v1/namespaces/shop/secrets/login"] = {"data": {"username": "dQ=="}}
    assert await cluster.secret("shop", "login") == {"username": b"u"}
    assert await cluster.secret("shop", "absent") is None


async def test_a_pipeline_that_is_gone_is_none(server: tuple[ApiServer, Cluster]) -> None:
    assert await server[1].pipeline(Key("shop", "orders")) is None
