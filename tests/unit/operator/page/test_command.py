"""The page of a pipeline in a cluster: the fake API server and a fake Jaeger."""

import time

import pytest
from tracedpipeline.jaeger.client import Jaeger
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.page.command import Looking, MissingPipelineError, verdict_of
from tracedpipeline.untrusted.bounded_http import open_session

from tests.unit.operator.apiserver import ApiServer, server
from tests.unit.operator.conftest import body
from tests.unit.operator.jaeger.fake import FakeJaeger, message, serving

__all__ = ["server"]

KEY = Key("shop", "orders")
PATH = "/apis/tracedpipeline.dev/v1alpha1/namespaces/shop/tracedpipelines/orders"
FLOWING = {
    "type": "TracesFlowing",
    "status": "True",
    "lastTransitionTime": "2026-01-01T00:00:00Z",
    "reason": "TracesFlowing",
    "message": "read back",
}


async def test_the_page_has_the_statuss_verdict_and_jaegers_traces(server: tuple[ApiServer, Cluster]) -> None:
    (api, cluster), jaeger = server, FakeJaeger()
    jaeger.take(*message(time.time_ns()))
    api.objects[PATH] = body() | {"status": {"conditions": [FLOWING]}}
    async with serving(jaeger) as url, open_session() as session:
        looking = Looking(cluster, KEY, Jaeger(session, url, "orders"))
        await looking.first()
        page = await looking.look()
        assert (page.ok, page.message, len(page.traces)) == (True, "read back", 1)
        del api.objects[PATH]
        assert (await looking.look()).reason == "Deleted"
        with pytest.raises(MissingPipelineError, match="no TracedPipeline orders in namespace shop"):
            await looking.first()


async def test_a_jaeger_that_does_not_answer_is_the_verdict(server: tuple[ApiServer, Cluster]) -> None:
    api, cluster = server
    api.objects[PATH] = body() | {"status": {"conditions": [FLOWING]}}
    async with open_session() as session:
        page = await Looking(cluster, KEY, Jaeger(session, "http://127.0.0.1:9", "orders")).look()
    assert (page.ok, page.reason) == (False, "JaegerUnreachable")


def test_a_status_without_conditions_is_not_known_yet() -> None:
    assert verdict_of({}).ok is None
    assert verdict_of({"status": {"conditions": [{**FLOWING, "status": "Unknown"}]}}).ok is None
