"""A cluster that never runs a container: its API server, its garbage collector, and a controller of Deployments."""

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

from aiohttp import web
from tracedpipeline.kubernetes_api.client import APPLY
from tracedpipeline.kubernetes_api.objects import digest

from tests.unit.operator.apiserver import ApiServer
from tests.unit.operator.flink.jobmanager import JobManager

PIPELINES = "/apis/tracedpipeline.dev/v1alpha1/namespaces/shop/tracedpipelines"
ORDERS = f"{PIPELINES}/orders"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
PODS = "/api/v1/namespaces/shop/pods"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kit/leases"
CONTROLLER_SECONDS = 0.5
READY = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}

Object = dict[str, Any]


class World(ApiServer):
    """An API server of which each object has a uid of its own; it keeps what was written when."""

    def __init__(self) -> None:
        super().__init__()
        self._uids = itertools.count(1)
        # When each write was done, and what it was.
        self.writes: list[tuple[float, str, str]] = []
        self.last_write = 0.0
        self.flink_job = JobManager()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if is_write(request):
            self.last_write = asyncio.get_running_loop().time()
            self.writes.append((self.last_write, request.method, request.path))
        return await super().handle(request)

    def do_patch(self, request: web.Request, path: str, content: Any) -> web.Response:
        if request.content_type != APPLY:
            return super().do_patch(request, path, content)
        old = self.objects.get(path, {"metadata": {}})
        metadata = {"uid": f"{next(self._uids):08}", "generation": 0} | content["metadata"]
        for kept in {"uid", "generation"} & old["metadata"].keys():
            metadata[kept] = old["metadata"][kept]
        metadata["generation"] += old.get("spec") != content.get("spec")
        status = {"status": old["status"]} if "status" in old else {}
        return web.json_response(self._write(path, content | status | {"metadata": metadata}))

    def do_post(self, request: web.Request, path: str, content: Any) -> web.Response:
        given = content | {"metadata": {"uid": f"{next(self._uids):08}"} | content["metadata"]}
        return super().do_post(request, path, given)

    def do_put(self, _: web.Request, path: str, content: Any) -> web.Response:
        if path not in self.objects:
            return web.json_response({"reason": "NotFound"}, status=404)
        if self.objects[path]["metadata"]["resourceVersion"] != content["metadata"]["resourceVersion"]:
            return web.json_response({"message": "the object has been modified"}, status=409)
        return web.json_response(self._write(path, content))

    def write_pipeline(self, pipeline: Object) -> None:
        """Write it as a user does."""
        old = self.objects.get(ORDERS)
        metadata = pipeline["metadata"] | {"generation": old["metadata"]["generation"] + 1 if old else 1}
        status = {"status": old["status"]} if old and "status" in old else {}
        self._write(ORDERS, pipeline | {"metadata": metadata} | status)

    def remove(self, path: str) -> None:
        self._tell("DELETED", path, self.objects.pop(path))

    def within(self, folder: str) -> dict[str, Object]:
        return {path: o for path, o in self.objects.items() if path.startswith(f"{folder}/")}

    async def control(self) -> None:
        """Do for ever what a cluster's controllers do."""
        while True:
            self.collect_garbage()
            for path, deployment in self.within(DEPLOYMENTS).items():
                self._roll_out(path, deployment)
            await asyncio.sleep(CONTROLLER_SECONDS)

    def collect_garbage(self) -> None:
        """Delete what had owners and has none any more; take away the owners that are gone from the rest."""
        uids = {o["metadata"]["uid"] for o in self.objects.values()}
        for path, o in [*self.objects.items()]:
            owners = o["metadata"].get("ownerReferences", [])
            there = [owner for owner in owners if owner["uid"] in uids]
            if owners and not there:
                self.remove(path)
                self.collect_garbage()
                return
            if there != owners:
                self._write(path, o | {"metadata": o["metadata"] | {"ownerReferences": there}})

    def _roll_out(self, path: str, deployment: Object) -> None:
        metadata, spec = deployment["metadata"], deployment["spec"]
        pods = dict(_pods(deployment))
        for old in [pod for pod, o in self.within(PODS).items() if _owner(o) == metadata["uid"] and pod not in pods]:
            self.remove(old)
        for pod, o in pods.items():
            if pod not in self.objects:
                if "-jobmanager-" in pod:
                    # It starts its job from the savepoint.
                    self.flink_job.state, self.flink_job.asked = "RUNNING", 0
                self._write(pod, o | {"metadata": o["metadata"] | {"uid": f"{next(self._uids):08}"}})
        status = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas"), spec["replicas"])
        status["observedGeneration"] = metadata["generation"]
        if deployment.get("status") != status:
            self._write(path, deployment | {"status": status})


def _pods(deployment: Object) -> Iterator[tuple[str, Object]]:
    metadata, template = deployment["metadata"], deployment["spec"]["template"]
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x", "uid": metadata["uid"], "controller": True}
    for number in range(deployment["spec"]["replicas"]):
        name = f"{metadata['name']}-{digest(template)[:6]}-{number}"
        of_pod = {**template["metadata"], "name": name, "namespace": "shop", "ownerReferences": [owner]}
        yield f"{PODS}/{name}", {"metadata": of_pod, "status": {"conditions": [READY]}}


def _owner(o: Object) -> str:
    return str(o["metadata"]["ownerReferences"][0]["uid"])


def is_write(request: web.Request) -> bool:
    """Return whether it changes what a pipeline has."""
    return request.method != "GET" and not request.path.startswith(LEASES)
