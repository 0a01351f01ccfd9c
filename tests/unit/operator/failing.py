"""A reconcile of one pipeline, with an API server that refuses and a Kafka cluster that raises what the test says."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from tracedpipeline import reasons
from tracedpipeline.flink.jobs import Jobs
from tracedpipeline.kafka.access import KafkaClusters
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.reconcile import reconcile
from tracedpipeline.reconciler import Reconciler, connected
from tracedpipeline.settings import Settings
from tracedpipeline.verdict import Verdict

from tests.unit.operator.apiserver import ApiServer, listening
from tests.unit.operator.conftest import body

KEY = Key("shop", "orders")
ORDERS = "/apis/tracedpipeline.dev/v1alpha1/namespaces/shop/tracedpipelines/orders"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
EVENTS = "/apis/events.k8s.io/v1/namespaces/shop/events"


class Refusing(ApiServer):
    """Has the pipeline, and refuses writes of the paths that the test names."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: dict[str, tuple[int, str]] = {}
        self.objects[ORDERS] = body()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.method != "GET" and request.path in self.refused:
            self.requests.append((request.method, request.path, {}, None))
            status, text = self.refused[request.path]
            return web.Response(status=status, text=text, content_type="application/json")
        return await super().handle(request)

    def refuse(self, status: int, message: str, *paths: str) -> None:
        document = {"kind": "Status", "message": message, "metadata": {"uid": "6c1b3f5e"}, "code": status}
        self.refused = dict.fromkeys(paths, (status, json.dumps(document)))

    @property
    def conditions(self) -> dict[str, Any]:
        return {c["type"]: c for c in self.objects[ORDERS]["status"]["conditions"]}

    @property
    def ready(self) -> dict[str, Any]:
        found: dict[str, Any] = self.conditions["Ready"]
        return found

    @property
    def events(self) -> list[Any]:
        """What was posted, and what was counted."""
        written = (verb for verb in self.requests if verb[0] in ("POST", "PATCH"))
        return [content for _, path, _, content in written if path.startswith(EVENTS)]

    def forget_requests(self) -> None:
        self.requests.clear()


class Kafka(Topics):
    """A Kafka cluster that is as it should be, or raises what the test says."""

    raises: Exception | None = None

    async def ensure(self, *_: Any) -> Verdict:
        if self.raises:
            raise self.raises
        return Verdict(True, reasons.TOPIC_READY, "topic traced-topic is at kafka:9092")


class Bench:
    def __init__(self, server: Refusing, reconciler: Reconciler, kafka: Kafka) -> None:
        self.server, self.reconciler, self.kafka = server, reconciler, kafka

    async def fails(self) -> Exception:
        with pytest.raises(Exception) as caught:
            await reconcile(self.reconciler, KEY)
        return caught.value

    async def again_and_nothing_is_written(self) -> None:
        self.server.forget_requests()
        await self.fails()
        assert f"{ORDERS}/status" not in self.server.sent("PATCH")
        assert self.server.events == []


@pytest.fixture
async def bench(settings: Settings) -> AsyncIterator[Bench]:
    answers, kafka = Refusing(), Kafka()
    async with listening(answers) as api, aiohttp.ClientSession() as session:
        cluster = Cluster(api)
        reconciler = connected(cluster, KafkaClusters(cluster, kafka), session, settings, Jobs(cluster, session))
        yield Bench(answers, reconciler, kafka)
