"""What the API server shows of a Kafka cluster that Strimzi runs, and of a pipeline's part in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracedpipeline.untrusted.quoting import one_line
from tracedpipeline.verdict import Verdict

Object = Mapping[str, Any]
Secret = Mapping[str, bytes]

PAUSED = ("strimzi.io/pause-reconciliation", "true")


@dataclass(frozen=True)
class KafkaSnapshot:
    """One look; `installed` tells whether the API server knows Strimzi's resources, `denied` why they can't be read.

    `topics` are all of the cluster, whoever made them. Users and Secrets are by name, those that are not there missing.
    """

    installed: bool = True
    denied: str | None = None
    kafka: Object | None = None
    topics: Sequence[Object] = ()
    users: Mapping[str, Object] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)


def condition(o: Object, kind: str) -> Object | None:
    """Return a condition of the resource's status that is True, or None."""
    for found in (o.get("status") or {}).get("conditions", ()):
        if found["type"] == kind and found["status"] == "True":
            return dict(found)
    return None


def failure(o: Object) -> str | None:
    """Return Strimzi's own reason and message for a resource that is not ready.

    A Kafka resource has a condition NotReady that is True, topics and users a Ready that is False; warnings stand
    before both.
    """
    for found in (o.get("status") or {}).get("conditions", ()):
        if (found["type"], found["status"]) in (("NotReady", "True"), ("Ready", "False")):
            return one_line(f"{found.get('reason', 'no reason given')}: {found.get('message', '')}")
    return None


def paused(o: Object) -> bool:
    """Return whether somebody told Strimzi to leave the resource alone."""
    key, value = PAUSED
    annotated = (o["metadata"].get("annotations") or {}).get(key) == value
    return annotated or condition(o, "ReconciliationPaused") is not None


def up_to_date(o: Object) -> bool:
    """Return whether the status speaks of the resource as it is now."""
    seen = (o.get("status") or {}).get("observedGeneration", 0)
    return bool(seen >= o["metadata"].get("generation", 0))


def not_ready(reason: str, message: str) -> Verdict:
    """Return the verdict that something is not, or not yet, as it should be."""
    return Verdict(False, reason, message)
