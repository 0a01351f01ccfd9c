"""What wakes a reconcile: news of a pipeline, or of an object that carries its label."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from tracedpipeline.kubernetes_api.client import Key
from tracedpipeline.kubernetes_api.kinds import PIPELINE
from tracedpipeline.kubernetes_api.memory import Memory, pipeline_of
from tracedpipeline.preconditions import messages_of
from tracedpipeline.queue import Queue

Object = dict[str, Any]


@dataclass(frozen=True)
class _Known:
    """What of a pipeline is news when it changes, and whose way it may stand in."""

    version: tuple[str, int, str | None]
    messages: Hashable


@dataclass
class Waker:
    """Adds to the queue what changes in the memory, which it makes."""

    queue: Queue[Key]
    _known: dict[Key, _Known] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.memory = Memory(self.changed, **{PIPELINE.name: messages_of})

    def changed(self, kind: str, o: Object, there: bool) -> None:
        """Wake who is concerned by an object that came, changed or went."""
        if kind == PIPELINE.name:
            self._pipeline_changed(o, there)
        elif (key := Key(*pipeline_of(o))) in self._known:
            self.queue.add(key)

    def _pipeline_changed(self, o: Object, there: bool) -> None:
        """Our own writes of the status change a pipeline, but are no news."""
        key = Key(o["metadata"]["namespace"], o["metadata"]["name"])
        before = self._known.pop(key, None)
        now = _known(o) if there else None
        if now:
            self._known[key] = now
        if before == now:
            return
        self.queue.add(key, changed=True)
        if before and (now is None or before.messages != now.messages):
            self._wake_refused(before.messages)

    def _wake_refused(self, messages: Hashable) -> None:
        """Wake those that may have been refused because of a pipeline that no longer reads these messages."""
        for other in self.memory.sharing(PIPELINE.name, messages):
            self.queue.add(Key(other["metadata"]["namespace"], other["metadata"]["name"]))


def _known(o: Object) -> _Known:
    metadata = o["metadata"]
    version = metadata.get("uid", ""), metadata.get("generation", 0), metadata.get("deletionTimestamp")
    return _Known(version, messages_of(o))
