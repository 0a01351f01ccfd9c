"""The pipelines of a run, each in a namespace of its own, and what is done to their objects."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from tracedpipeline import naming
from tracedpipeline.kubernetes_api.kinds import APPLIED

from benchmarks.operator.api import NO_KAFKA, Api, Object, at_once
from tests.unit.operator.conftest import body

DEADLINE_SECONDS = 300


def pipeline(name: str, servers: str = NO_KAFKA) -> Object:
    """Return a pipeline as somebody would write it."""
    found = body(name)
    found["metadata"] |= {"namespace": name}
    found["spec"]["kafka"] = {"bootstrapServers": servers, "topic": {"name": name}}
    return found


def names(count: int, prefix: str = "orders", first: int = 0) -> list[str]:
    """Return the names of so many."""
    return [f"{prefix}-{number}" for number in range(first, first + count)]


async def reported(api: Api, wanted: Sequence[str]) -> None:
    """Wait until each has a status: its objects are written before."""
    await _until(api, wanted, lambda status: status.get("observedGeneration", -1) > 0)


async def ready(api: Api, wanted: Sequence[str]) -> None:
    """Wait until each is ready."""
    await _until(api, wanted, lambda status: ("Ready", "True") in _conditions(status))


def _conditions(status: Object) -> set[tuple[str, str]]:
    return {(condition["type"], condition["status"]) for condition in status.get("conditions", ())}


async def _until(api: Api, wanted: Sequence[str], holds: Any) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            found = {item["metadata"]["name"]: item.get("status", {}) for item in await api.pipelines()}
            if all(name in found and holds(found[name]) for name in wanted):
                return
            await asyncio.sleep(0.1)


async def roll_out(api: Api, of: Collection[str] | None = None) -> None:
    """Let each Deployment be as it is wanted, of these pipelines or of all."""
    found = [o for o in await api.owned("Deployment") if of is None or o["metadata"]["labels"][naming.INSTANCE] in of]
    await at_once([_rolled_out(api, deployment) for deployment in found])


async def _rolled_out(api: Api, deployment: Object) -> None:
    metadata, replicas = deployment["metadata"], deployment["spec"]["replicas"]
    status = dict.fromkeys(("replicas", "readyReplicas", "availableReplicas", "updatedReplicas"), replicas)
    status |= {"observedGeneration": metadata.get("generation", 1)}
    path = f"/{APPLIED['Deployment'].path(metadata['namespace'], metadata['name'])}/status"
    await api.send("patch", path, {"status": status})


async def exported(api: Api, namespaces: Sequence[str]) -> list[Object]:
    """Return all objects of the pipelines as somebody would write them into a file, for other namespaces."""
    kinds = [name for name, kind in APPLIED.items() if not kind.optional]
    owned = [o for kind in kinds for o in await api.owned(kind)]
    return [_plain(o) for o in owned if o["metadata"]["namespace"] in namespaces]


def elsewhere(namespace: str) -> str:
    """Return the namespace for what is exported."""
    return f"plain-{namespace}"


def _plain(o: Object) -> Object:
    kept = ("name", "labels", "annotations")
    metadata = {key: value for key, value in o["metadata"].items() if key in kept}
    metadata["namespace"] = elsewhere(o["metadata"]["namespace"])
    # The operator would watch them.
    metadata["labels"] = metadata["labels"] | dict.fromkeys(naming.MANAGED_BY, "kubectl")
    plain = {key: value for key, value in o.items() if key != "status"} | {"metadata": metadata}
    if o["kind"] == "Service":
        plain["spec"] = {key: value for key, value in o["spec"].items() if key not in ("clusterIP", "clusterIPs")}
    return plain
