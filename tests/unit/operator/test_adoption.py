"""A pipeline that was restored from a backup, or deleted without its objects and made again: it takes them over."""

from collections.abc import Callable
from typing import Any

import pytest
from tracedpipeline import naming, reasons
from tracedpipeline.reconcile import reconcile

from tests.unit.operator.conftest import body
from tests.unit.operator.failing import DEPLOYMENTS, EVENTS, KEY, ORDERS, Bench, bench

__all__ = ["bench"]

POD = "/api/v1/namespaces/shop/pods/orders-producer-1"
KEEPER = "/api/v1/namespaces/shop/configmaps/orders-in-use"


def written(bench: Bench) -> dict[str, Any]:
    """The pipeline's objects by path."""
    beside = (ORDERS, POD, EVENTS)
    return {path: o for path, o in bench.server.objects.items() if not path.startswith(beside)}


def restored(o: dict[str, Any]) -> None:
    """Velero keeps name, labels and annotations."""
    o["metadata"].pop("ownerReferences", None)
    o["metadata"]["uid"] = f"{o['metadata'].get('uid')}, restored"


def orphaned(o: dict[str, Any]) -> None:
    """The garbage collector takes away the one owner that was deleted."""
    owners = o["metadata"].get("ownerReferences", [])
    o["metadata"]["ownerReferences"] = [owner for owner in owners if owner["kind"] != "TracedPipeline"]


async def run(bench: Bench, spec: dict[str, Any]) -> None:
    """Have a pipeline with a pod, whose objects are all written."""
    labels = naming.labels("orders", naming.PRODUCER)
    pod = {"metadata": {"name": "orders-producer-1", "namespace": "shop", "uid": "pod", "labels": labels}}
    bench.server.objects |= {ORDERS: body(**spec), POD: pod}
    for _ in range(2):
        await reconcile(bench.reconciler, KEY)
    assert all(owner["uid"] in ("uid-orders", "pod") for owner in owners(bench.server.objects[KEEPER]))


def owners(o: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = o["metadata"].get("ownerReferences", [])
    return found


def made_again(bench: Bench, spec: dict[str, Any]) -> None:
    new = body(**spec)
    new["metadata"]["uid"] = "uid-again"
    bench.server.objects[ORDERS] = new


@pytest.mark.parametrize("change", [restored, orphaned])
@pytest.mark.parametrize("spec", [{}, {"consumer": {"engine": "Flink"}}], ids=["python", "flink"])
async def test_it_takes_its_objects_over(
    bench: Bench, change: Callable[[dict[str, Any]], None], spec: dict[str, Any]
) -> None:
    await run(bench, spec)
    before = written(bench)
    for o in before.values():
        change(o)
    made_again(bench, spec)
    await reconcile(bench.reconciler, KEY)
    assert bench.server.ready["reason"] == reasons.PROGRESSING
    assert {e["reason"] for e in bench.server.events} <= {reasons.PROGRESSING, reasons.NOT_CREATED}
    assert bench.server.sent("DELETE") == []
    assert written(bench).keys() == before.keys()
    for _ in range(2):
        await reconcile(bench.reconciler, KEY)
    ours = [path for path, o in written(bench).items() if any(owner["uid"] == "uid-again" for owner in owners(o))]
    assert [path for path in before if path not in ours] == [path for path in before if "/secrets/" in path]
    bench.server.forget_requests()
    await reconcile(bench.reconciler, KEY)
    assert bench.server.sent("PATCH") == bench.server.sent("POST") == []


async def test_while_the_clients_of_the_one_before_drain_nothing_is_taken_over(bench: Bench) -> None:
    await run(bench, {})
    for name in ("producer", "consumer"):
        del bench.server.objects[f"{DEPLOYMENTS}/orders-{name}"]
    for o in written(bench).values():
        orphaned(o)
    made_again(bench, {})
    assert await reconcile(bench.reconciler, KEY) == 1.0
    assert bench.server.ready["reason"] == reasons.PREVIOUS_DRAINING
    bench.server.objects = {ORDERS: bench.server.objects[ORDERS]}
    await reconcile(bench.reconciler, KEY)
    assert bench.server.ready["reason"] == reasons.PROGRESSING


async def test_before_the_garbage_collector_has_come_by_it_is_waited_for(bench: Bench) -> None:
    await run(bench, {})
    made_again(bench, {})
    assert await reconcile(bench.reconciler, KEY) == 1.0
    assert bench.server.ready["reason"] == reasons.PREVIOUS_DRAINING


async def test_what_is_left_of_another_kind_of_consumer_goes(bench: Bench) -> None:
    await run(bench, {"consumer": {"engine": "Flink"}})
    for o in written(bench).values():
        restored(o)
    made_again(bench, {})
    await reconcile(bench.reconciler, KEY)
    assert f"{DEPLOYMENTS}/orders-jobmanager" not in bench.server.objects
    assert f"{DEPLOYMENTS}/orders-consumer" in bench.server.objects


@pytest.mark.parametrize("metadata", [{}, {"labels": naming.labels("orders", naming.PRODUCER)}])
async def test_what_we_have_not_written_stays_somebody_elses(bench: Bench, metadata: dict[str, Any]) -> None:
    path = f"{DEPLOYMENTS}/orders-producer"
    theirs = {"metadata": {"name": "orders-producer", "namespace": "shop", **metadata}}
    bench.server.objects[path] = theirs
    await reconcile(bench.reconciler, KEY)
    assert bench.server.ready["reason"] == reasons.OBJECT_NOT_OWNED
    assert bench.server.objects[path] == theirs
