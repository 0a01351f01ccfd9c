"""Without the Lease nothing is written, whatever a reconcile is in the middle of."""

from collections.abc import Awaitable, Callable

import pytest
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.kubernetes_api.errors import NotHeldError

from tests.unit.operator.apiserver import ApiServer, listening

CHILD = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "shop", "name": "orders-x", "labels": {}}}
WRITES: list[Callable[[Cluster], Awaitable[object]]] = [
    lambda cluster: cluster.apply(CHILD),
    lambda cluster: cluster.delete(CHILD),
    lambda cluster: cluster.release(CHILD),
    lambda cluster: cluster.create_secret(CHILD),
    lambda cluster: cluster.write_status(Key("shop", "orders"), {}),
]


@pytest.mark.parametrize("write", WRITES)
async def test_a_write_is_not_sent(write: Callable[[Cluster], Awaitable[object]]) -> None:
    server = ApiServer()
    async with listening(server) as api:
        cluster = Cluster(api, may_write=lambda: False)
        with pytest.raises(NotHeldError, match="another operator may write by now"):
            await write(cluster)
        await cluster.event("shop", "orders", "uid", "Reason", "no event either", kind="Normal")
        assert await cluster.pipeline(Key("shop", "orders")) is None
    assert [verb for verb, *_ in server.requests] == ["GET"]
