"""What is known of watched objects: lists replace it, events and the answers to our own writes change it. Pure.

An event may come later than the answer to a newer write: its older resourceVersion never takes that back, nor does a
list that was requested before. Objects that were deleted while a watch was cut are those that a new list lacks.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, NamedTuple

from tracedpipeline import naming
from tracedpipeline.kubernetes_api.kind_shapes import shaped

Object = dict[str, Any]
# The namespace of what is listed in all of them.
EVERYWHERE = ""


class Id(NamedTuple):
    """Which object of a kind."""

    namespace: str
    name: str


# What objects of a kind are found by, beside their name.
Index = Callable[[Object], Hashable]
# Called with a kind, an object that came, changed or went, and whether it is there now.
Listener = Callable[[str, Object, bool], None]


class Memory:
    """Keeps the objects of the kinds that are listed and watched; of others it knows nothing, and keeps nothing."""

    def __init__(self, changed: Listener = lambda kind, o, there: None, **indexes: Index) -> None:
        self._changed = changed
        self._indexes = indexes
        self._known: dict[str, _OneKind] = {}
        # When the API server was last heard of, by kind and namespace.
        self.heard: dict[tuple[str, str], float] = {}

    def _kind(self, kind: str) -> "_OneKind":
        return self._known.setdefault(kind, _OneKind(kind, self._indexes.get(kind, pipeline_of)))

    def covers(self, kind: str, namespace: str = EVERYWHERE) -> bool:
        """Return whether all objects of a kind in a namespace are known."""
        return bool(self._kind(kind).listed & {EVERYWHERE, namespace})

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """Return an object, or None where there is none."""
        return self._kind(kind).objects.get(Id(namespace, name))

    def all(self, kind: str) -> list[Object]:
        """Return all objects of a kind."""
        return list(self._kind(kind).objects.values())

    def of_pipeline(self, kind: str, namespace: str, pipeline: str) -> list[Object]:
        """Return the objects of a kind that have a pipeline's label."""
        return self.sharing(kind, (namespace, pipeline))

    def sharing(self, kind: str, key: Hashable) -> list[Object]:
        """Return the objects of a kind of which its index gives this key."""
        return list(self._kind(kind).by_key.get(key, {}).values())

    def begin_list(self, kind: str, namespace: str) -> None:
        """Note that a list is requested now: what is written until it is there is newer than the list."""
        self._kind(kind).written[namespace] = set()

    def replace(self, kind: str, namespace: str, items: Iterable[Object], *, known: bool = True) -> None:
        """Make a list what is known; what it lacks is gone. `known` is whether the API server knows the kind at all."""
        self._kind(kind).unknown = not known
        self._replace(kind, namespace, items)

    def _replace(self, kind: str, namespace: str, items: Iterable[Object]) -> None:
        known = self._kind(kind)
        newer = known.written.pop(namespace, set())
        found = {id: item for item in items if (id := _id(item)) not in newer}
        known.listed.add(namespace)
        for id in {*known.objects, *known.gone} - found.keys() - newer:
            if namespace in (EVERYWHERE, id.namespace):
                known.gone.pop(id, None)
                self._tell(kind, known.remove(id), there=False)
        for id, item in found.items():
            if known.differs(id, item):
                self._tell(kind, known.put(id, item), there=True)

    def forget(self, kind: str, namespace: str) -> None:
        """Know a kind no longer, so that it is read from the API server."""
        self._kind(kind).listed.discard(namespace)

    def event(self, kind: str, type: str, o: Object) -> None:
        """Take an event of a watch; one that is older than what is known tells nothing."""
        known, id = self._kind(kind), _id(o)
        if known.outdated(id, o):
            if type == "DELETED":
                known.gone.pop(id, None)
        elif type == "DELETED":
            self._tell(kind, known.remove(id), there=False)
        else:
            self._tell(kind, known.put(id, o), there=True)

    def wrote(self, kind: str, o: Object, *, news: bool = False) -> None:
        """Take the answer to a write of ours; that of a kind which was not known tells that it is no longer so.

        `news` is whether it may have what somebody else has changed, and nobody has been told of.
        """
        known, id = self._kind(kind), _id(o)
        if known.unknown:
            known.listed.clear()
        elif self.covers(kind, id.namespace) and not known.outdated(id, o):
            kept = known.put(id, o)
            known.note(id)
            self._tell(kind, kept if news else None, there=True)

    def deleted(self, kind: str, o: Object) -> None:
        """Take that a deletion of ours is done: what a watch still tells of this object is over."""
        known, id = self._kind(kind), _id(o)
        if (live := known.objects.get(id)) and _uid(live) == _uid(o):
            known.remove(id)
            known.gone[id] = _uid(o)
            known.note(id)

    def _tell(self, kind: str, o: Object | None, *, there: bool) -> None:
        if o is not None:
            self._changed(kind, o, there)


class _OneKind:
    """The objects of one kind, also by the key of its index."""

    def __init__(self, kind: str, index: Index) -> None:
        self._kind = kind
        self.listed: set[str] = set()
        self.unknown = False
        self.objects: dict[Id, Object] = {}
        self.by_key: dict[Hashable, dict[Id, Object]] = {}
        # The uid of what we have deleted, until the watch tells of it; what was written during a list, by namespace.
        self.gone: dict[Id, str | None] = {}
        self.written: dict[str, set[Id]] = {}
        self._index = index
        self._keys: dict[Id, Hashable] = {}

    def note(self, id: Id) -> None:
        for ids in self.written.values():
            ids.add(id)

    def put(self, id: Id, o: Object) -> Object:
        self.remove(id)
        self.gone.pop(id, None)
        kept = shaped(self._kind, without_managed_fields(o))
        self.objects[id], self._keys[id] = kept, self._index(kept)
        self.by_key.setdefault(self._keys[id], {})[id] = kept
        return kept

    def remove(self, id: Id) -> Object | None:
        old = self.objects.pop(id, None)
        if old is not None:
            key = self._keys.pop(id)
            del self.by_key[key][id]
            if not self.by_key[key]:
                del self.by_key[key]
        return old

    def differs(self, id: Id, o: Object) -> bool:
        known = self.objects.get(id)
        return known is None or version(o) is None or version(known) != version(o)

    def outdated(self, id: Id, o: Object) -> bool:
        """Return whether something at least as new is known already."""
        if id in self.gone:
            return self.gone[id] == _uid(o)
        known, new = version(self.objects.get(id)), version(o)
        return known is not None and new is not None and new <= known


def version(o: Mapping[str, Any] | None) -> int | None:
    """Return an object's resourceVersion, which is a number that grows; None where there is none."""
    text = o["metadata"].get("resourceVersion", "") if o else ""
    return int(text) if text.isdecimal() else None


def without_managed_fields(o: Object) -> Object:
    """Return the object without what only the API server needs, often half of it."""
    return {**o, "metadata": {key: value for key, value in o["metadata"].items() if key != "managedFields"}}


def _id(o: Object) -> Id:
    return Id(o["metadata"]["namespace"], o["metadata"]["name"])


def _uid(o: Object) -> str | None:
    uid: str | None = o["metadata"].get("uid")
    return uid


def pipeline_of(o: Object) -> tuple[str, str]:
    """Return namespace and name of the pipeline whose label an object has."""
    return o["metadata"]["namespace"], (o["metadata"].get("labels") or {}).get(naming.INSTANCE, "")
