"""All that is read from and written to the API server."""

import asyncio
import base64
import logging
import socket
from collections.abc import Callable, Collection, Hashable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from kubernetes.aio import client, config
from kubernetes.aio.dynamic import DynamicClient

from tracedpipeline import metrics, naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kubernetes_api import errors, events, ownership
from tracedpipeline.kubernetes_api.contests import Contests
from tracedpipeline.kubernetes_api.errors import ApiServerError, MissingError, NotHeldError
from tracedpipeline.kubernetes_api.events import Events
from tracedpipeline.kubernetes_api.kind_shapes import shaped
from tracedpipeline.kubernetes_api.kinds import APPLIED, PIPELINE, POD, SECRET, type_meta
from tracedpipeline.kubernetes_api.memory import EVERYWHERE, Memory, pipeline_of
from tracedpipeline.together import all_of

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 15
# The API server's share of us, however many pipelines there are.
AT_ONCE = 16
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"

Object = dict[str, Any]
Live = Mapping[tuple[str, str], Object]


class Key(NamedTuple):
    """Which pipeline."""

    namespace: str
    name: str


class Cluster:
    """The API server, seen by one pipeline's needs; whatever it does not answer as requested is an ApiServerError.

    What the memory covers is read from there, and all that is written goes there, too.
    """

    def __init__(
        self, api: client.ApiClient, memory: Memory | None = None, may_write: Callable[[], bool] = lambda: True
    ) -> None:
        self.memory = memory or Memory()
        self._may_write = may_write
        self.contests = Contests(_now)
        self.events = Events(_now)
        self._slots = asyncio.Semaphore(AT_ONCE)
        # Paths are built here, so that nothing has to be discovered and nothing discovered can be stale.
        self._client = DynamicClient(api)  # type: ignore[no-untyped-call]  # the client has no types

    async def _request(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        try:
            async with self._slots:
                if method != "get" and not self._may_write():
                    raise NotHeldError(f"{method} {path}: another operator may write by now")
                metrics.API_REQUESTS.labels(method).inc()
                response = await self._client.request(
                    method, path, body=body, serialize=False, _request_timeout=TIMEOUT_SECONDS, **options
                )
                return await response.json()
        except errors.ERRORS as error:
            raise errors.translated(f"{method} {path}", error) from error

    async def _find(self, path: str) -> Object | None:
        try:
            return dict(await self._request("get", path))
        except MissingError:
            return None

    async def pipeline(self, key: Key) -> Object | None:
        """Return the resource, or None where it is gone."""
        if self.memory.covers(PIPELINE.name, key.namespace):
            return self.memory.get(PIPELINE.name, *key)
        found = await self._find(PIPELINE.path(*key))
        return None if found is None else shaped(PIPELINE.name, found)

    async def pipelines(self, namespaces: tuple[str, ...], share: Hashable) -> list[Object]:
        """Return all resources of these namespaces, of every namespace where none is named.

        Where the memory covers them, only those that it has under `share`.
        """
        if all(self.memory.covers(PIPELINE.name, namespace) for namespace in namespaces or (EVERYWHERE,)):
            return self.memory.sharing(PIPELINE.name, share)
        lists = [await self._request("get", PIPELINE.path(namespace)) for namespace in namespaces or (EVERYWHERE,)]
        return [shaped(PIPELINE.name, item) for found in lists for item in found["items"]]

    async def owned(
        self, pipeline: TracedPipeline, kinds: Collection[str] = tuple(APPLIED)
    ) -> dict[tuple[str, str], Object]:
        """Return the live objects that are the pipeline's, by kind and name; some of them may have no owner."""
        lists = await all_of(self._labelled(kind, pipeline) for kind in kinds)
        found = [(kind, item) for kind, items in zip(kinds, lists, strict=True) for item in items]
        keeper = ownership.keeper(found, pipeline)
        return {
            # The items of a list come without their kind.
            (kind, item["metadata"]["name"]): {**item, "apiVersion": APPLIED[kind].api_version, "kind": kind}
            for kind, item in found
            if ownership.belongs_to(kind, item, pipeline, keeper)
        }

    async def _labelled(self, kind: str, pipeline: TracedPipeline) -> list[Object]:
        if self.memory.covers(kind, pipeline.namespace):
            return self.memory.of_pipeline(kind, pipeline.namespace, pipeline.name)
        selector = f"{naming.INSTANCE}={pipeline.name},app.kubernetes.io/part-of={naming.PART_OF}"
        return await self.list_of(kind, pipeline.namespace, selector)

    def versions(self, pipeline: TracedPipeline, kinds: Collection[str]) -> frozenset[tuple[str, str, str]]:
        """Return what changes when an object of a pipeline does, as far as the memory knows."""
        found = ((kind, o["metadata"]) for kind in kinds for o in self.memory.of_pipeline(kind, *_key(pipeline)))
        return frozenset((kind, metadata["name"], metadata.get("resourceVersion", "")) for kind, metadata in found)

    async def list_of(self, kind: str, namespace: str, selector: str) -> list[Object]:
        """Return the objects of a kind that have these labels; none of an optional kind that is not known."""
        return await self._list(kind, namespace, label_selector=selector) or []

    async def find(self, kind: str, namespace: str, name: str) -> Object | None:
        """Return an object, or None where it, or an optional kind, is not there."""
        found = await self._find(APPLIED[kind].path(namespace, name))
        return None if found is None else shaped(kind, found)

    async def knows(self, kind: str, namespace: str) -> bool:
        """Return whether the API server knows a kind that not every cluster does."""
        return await self._list(kind, namespace, limit=1) is not None

    async def _list(self, kind: str, namespace: str, **options: Any) -> list[Object] | None:
        """Return the objects of a kind; None where the cluster does not know it, and need not."""
        try:
            found = await self._request("get", APPLIED[kind].path(namespace), **options)
        except MissingError:
            if APPLIED[kind].optional:
                return None
            raise
        return [shaped(kind, item) for item in found["items"]]

    async def pods(self, pipeline: TracedPipeline, component: str) -> list[Object]:
        """Return a component's pods."""
        selector = ",".join(f"{key}={value}" for key, value in naming.selector(pipeline.name, component).items())
        return await self._pods(pipeline, [component], selector)

    async def client_pods(self, pipeline: TracedPipeline) -> list[Object]:
        """Return the pods that are clients of Kafka, those that are ending, too."""
        return await self._pods(pipeline, naming.CLIENT_PARTS, naming.client_pods(pipeline.name))

    async def _pods(self, pipeline: TracedPipeline, components: Collection[str], selector: str) -> list[Object]:
        """Return the pods by name: of several that are not well the same one is told of each time."""
        found = await self._known_pods(pipeline, components, selector)
        return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))

    async def _known_pods(self, pipeline: TracedPipeline, components: Collection[str], selector: str) -> list[Object]:
        namespace = pipeline.namespace
        if self.memory.covers(POD.name, namespace):
            known = self.memory.of_pipeline(POD.name, namespace, pipeline.name)
            return [pod for pod in known if pod["metadata"]["labels"].get(naming.NAME) in components]
        found = await self._request("get", POD.path(namespace), label_selector=selector)
        return [shaped(POD.name, item) for item in found["items"]]

    async def secret(self, namespace: str, name: str) -> dict[str, bytes] | None:
        """Return a Secret's content, or None where it is missing."""
        found = await self.secret_object(namespace, name)
        return None if found is None else content(found)

    async def secret_object(self, namespace: str, name: str) -> Object | None:
        """Return a Secret with its metadata, or None where it is missing."""
        return await self._find(SECRET.path(namespace, name))

    async def create_secret(self, wanted: Object) -> None:
        """Write a Secret that is not there yet; ConflictError where it is."""
        log.info("%s: wrote Secret %s", wanted["metadata"]["namespace"], wanted["metadata"]["name"])
        path = SECRET.path(wanted["metadata"]["namespace"])
        await self._request("post", path, wanted, field_manager=naming.FIELD_MANAGER)

    async def apply(self, wanted: Object, **options: Any) -> Object:
        """Write one object by server-side apply, and return it; ConflictError where somebody else has its fields."""
        path = _path(wanted["kind"], wanted["metadata"])
        manager = naming.FIELD_MANAGER
        live = dict(await self._request("patch", path, wanted, content_type=APPLY, field_manager=manager, **options))
        self.memory.wrote(wanted["kind"], live)
        return live

    async def delete(self, live: Object) -> None:
        """Delete an object and what belongs to it."""
        log.info("deleting %s %s: the pipeline no longer has it", *kind_and_name(live))
        self.contests.deleted(pipeline_of(live), kind_and_name(live))
        try:
            left = await self._request("delete", _path(live["kind"], live["metadata"]), propagation_policy="Background")
        except MissingError:
            log.debug("%s %s was gone already", *kind_and_name(live))
            left = {}
        if "deletionTimestamp" in left.get("metadata", {}):
            self.memory.wrote(live["kind"], left | type_meta(live["kind"]))
        else:
            self.memory.deleted(live["kind"], live)

    async def release(self, live: Object) -> None:
        """Take the owner from an object, so that it does not go with the pipeline."""
        log.info("leaving %s %s to itself: the pipeline no longer has it", *kind_and_name(live))
        body = {"metadata": {"ownerReferences": None}}
        path = _path(live["kind"], live["metadata"])
        left = await self._request("patch", path, body, content_type=MERGE, field_manager=naming.FIELD_MANAGER)
        self.memory.wrote(live["kind"], left | type_meta(live["kind"]))

    async def write_status(self, key: Key, status: Mapping[str, Any]) -> None:
        """Write the resource's status; lists are replaced whole, as in every JSON merge patch (RFC 7396)."""
        path = f"{PIPELINE.path(*key)}/status"
        body = {"status": status}
        try:
            left = await self._request("patch", path, body, content_type=MERGE, field_manager=naming.FIELD_MANAGER)
            self.memory.wrote(PIPELINE.name, left, news=True)
        except MissingError:
            log.debug("%s is gone; its status is not written", key)

    async def event(self, namespace: str, name: str, uid: str, reason: str, message: str, *, kind: str) -> None:
        """Post an event about the resource, or count it in the one that says the same; `kind` is Normal or Warning.

        That it cannot be posted is only logged: a status that says the same may not come and go for that.
        """
        about = {"namespace": namespace, "name": name, "uid": uid}
        event = events.event(about, reason, message, kind, datetime.now(UTC), socket.gethostname())
        try:
            if not await self._counted(event):
                await self._request("post", events.path(namespace), event)
                self.events.took(event)
        except ApiServerError as error:
            log.warning("%s/%s: no event %s: %s", namespace, name, reason, error)

    async def _counted(self, event: Object) -> bool:
        """Return whether an event is counted in one that says the same; the API server may have forgotten that one."""
        if not (name := self.events.again(event)):
            return False
        change, path = self.events.series(event), events.path(event["metadata"]["namespace"], name)
        try:
            await self._request("patch", path, change, content_type=MERGE, field_manager=naming.FIELD_MANAGER)
        except MissingError:
            return False
        self.events.counted(event)
        return True


def content(secret: Object) -> dict[str, bytes]:
    """Return what a Secret holds."""
    return {key: base64.b64decode(value) for key, value in (secret.get("data") or {}).items()}


def kind_and_name(o: Mapping[str, Any]) -> tuple[str, str]:
    """Return what an object is known by within its namespace."""
    return o["kind"], o["metadata"]["name"]


def _key(pipeline: TracedPipeline) -> Key:
    return Key(pipeline.namespace, pipeline.name)


def _path(kind: str, metadata: Mapping[str, Any]) -> str:
    return APPLIED[kind].path(metadata["namespace"], metadata["name"])


def _now() -> float:
    return asyncio.get_running_loop().time()


async def connect() -> client.ApiClient:
    """Return a client of the cluster that we run in, else of the kubeconfig's."""
    try:
        config.load_incluster_config()  # type: ignore[no-untyped-call]  # as above
    except config.ConfigException:
        await config.load_kube_config()  # type: ignore[no-untyped-call]  # as above
    configuration = client.Configuration.get_default_copy()
    # Each watch keeps a connection.
    configuration.connection_pool_maxsize = 0
    return client.ApiClient(configuration)
