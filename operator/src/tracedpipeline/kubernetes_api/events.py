"""Events about a pipeline: what happens again within a while is counted in the event that tells of it. Pure.

https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/: of an event that is there only its
series may change.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import API_VERSION, KIND

# After so long it is news again; by then the API server may have forgotten it as well.
AGAIN_SECONDS = 600.0
# Of a pipeline; the oldest goes first.
MOST = 20
LONGEST_NOTE_BYTES = 1024

_NUMBER = re.compile(r"\d+(?:\.\d+)?")

Object = dict[str, Any]


@dataclass
class _Series:
    name: str
    count: int
    until: float


class Events:
    """Remembers which events were posted of late, by pipeline and by what they say, numbers aside."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._posted: dict[tuple[str, str], dict[tuple[str, ...], _Series]] = {}

    def again(self, event: Object) -> str | None:
        """Return the name of the event that says the same, where one was posted of late."""
        found = self._posted.get(_pipeline(event), {}).get(_frame(event))
        return found.name if found and self._clock() < found.until else None

    def series(self, event: Object) -> Object:
        """Return the change that counts an event in the one that says the same."""
        found = self._posted[_pipeline(event)][_frame(event)]
        return {"series": {"count": found.count + 1, "lastObservedTime": event["eventTime"]}}

    def took(self, event: Object) -> None:
        """Note that the API server has an event."""
        of_pipeline = self._posted.setdefault(_pipeline(event), {})
        of_pipeline[_frame(event)] = _Series(event["metadata"]["name"], 1, self._clock() + AGAIN_SECONDS)
        while len(of_pipeline) > MOST:
            del of_pipeline[next(iter(of_pipeline))]

    def counted(self, event: Object) -> None:
        """Note that the API server has counted an event."""
        found = self._posted[_pipeline(event)][_frame(event)]
        found.count, found.until = found.count + 1, self._clock() + AGAIN_SECONDS

    def forget(self, pipeline: tuple[str, str]) -> None:
        """Forget a pipeline that is gone."""
        self._posted.pop(pipeline, None)


def event(pipeline: Mapping[str, str], reason: str, message: str, kind: str, now: datetime, instance: str) -> Object:
    """Return an event about a pipeline of this namespace, name and uid; `kind` is Normal or Warning."""
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": f"{pipeline['name']}.{int(now.timestamp() * 1e6):x}", "namespace": pipeline["namespace"]},
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "regarding": {"apiVersion": API_VERSION, "kind": KIND, **pipeline},
        "reason": reason,
        "note": message.encode()[:LONGEST_NOTE_BYTES].decode(errors="ignore"),
        "type": kind,
        "action": "Reconcile",
        "reportingController": naming.FIELD_MANAGER,
        "reportingInstance": instance,
    }


def path(namespace: str, name: str = "") -> str:
    """Return the path of a namespace's events, or of one of them."""
    return f"apis/events.k8s.io/v1/namespaces/{namespace}/events{f'/{name}' if name else ''}"


def _pipeline(event: Object) -> tuple[str, str]:
    return event["regarding"]["namespace"], event["regarding"]["name"]


def _frame(event: Object) -> tuple[str, ...]:
    return event["regarding"]["uid"], event["type"], event["reason"], _NUMBER.sub("", event["note"])
