"""What wakes a reconcile: news of a pipeline, or of an object that carries its label."""

import json
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from tracedpipeline import reasons
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
    # Of whichever Kafka cluster: it may be another by now.
    kafka: Hashable


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
        if before and (now is None or (before.messages, before.kafka) != (now.messages, now.kafka)):
            self._wake_refused(before.messages, key)

    def _wake_refused(self, messages: Hashable, gone: Key) -> None:
        """Wake those that may have been refused because of a pipeline that no longer reads these messages."""
        for other in self.memory.sharing(PIPELINE.name, messages):
            key = Key(other["metadata"]["namespace"], other["metadata"]["name"])
            if key != gone and _ready(other) in (None, reasons.PENDING, reasons.TOPIC_AND_GROUP_IN_USE):
                self.queue.add(key)


def _known(o: Object) -> _Known:
    metadata = o["metadata"]
    version = metadata.get("uid", ""), metadata.get("generation", 0), metadata.get("deletionTimestamp")
    spec = o.get("spec")
    kafka = spec.get("kafka") if isinstance(spec, dict) else None
    return _Known(version, messages_of(o), json.dumps(kafka, sort_keys=True))


def _ready(o: Object) -> str | None:
    """Return Ready's reason; None where nobody has said one."""
    conditions = (o.get("status") or {}).get("conditions", ())
    return next((condition["reason"] for condition in conditions if condition["type"] == "Ready"), None)
