"""The resource's status: old status, verdicts and the time give the new one. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tracedpipeline import naming, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.observed import LastTrace
from tracedpipeline.status.readiness import OBSERVED, READY
from tracedpipeline.verdict import Verdict

# Abnormal-true conditions of the kstatus convention: there only while true.
RECONCILING = "Reconciling"
STALLED = "Stalled"

# What only the author of the resource can fix: no retry helps.
_STALLING = {
    reasons.INVALID_SPEC,
    reasons.TOPIC_AND_GROUP_IN_USE,
    reasons.KAFKA_NOT_OWNED,
    reasons.KAFKA_IN_OTHER_NAMESPACE,
    reasons.OBJECT_NOT_OWNED,
    reasons.TOPIC_HAS_FEWER_PARTITIONS,
}
_SETTLED = _STALLING | {reasons.PAUSED, reasons.ALL_AVAILABLE}

Status = dict[str, Any]


def build_status(
    old: Mapping[str, Any], generation: int, verdicts: Mapping[str, Verdict], now: datetime, more: Mapping[str, Any]
) -> Status:
    """Return the new status: what was not observed again stays, a condition's time moves only when its status does."""
    verdicts = {**verdicts, **_abnormal(verdicts[READY])}
    before = {condition["type"]: condition for condition in old.get("conditions", ())}
    conditions = [
        _condition(kind, verdict, before.get(kind), generation=generation, now=now)
        for kind, verdict in verdicts.items()
    ]
    return {**old, **more, "observedGeneration": generation, "conditions": conditions}


def failed_status(old: Mapping[str, Any], generation: int, ready: Verdict, now: datetime) -> Status:
    """Return the status after a reconcile that failed: what it did not come to look at stays, or is Unknown."""
    unknown = Verdict(None, ready.reason, "not looked at: the reconcile failed before")
    new = build_status(old, generation, dict.fromkeys(OBSERVED, unknown) | {READY: ready}, now, {})
    before = {condition["type"]: condition for condition in old.get("conditions", ())}
    conditions = [before.get(c["type"], c) if c["type"] in OBSERVED else c for c in new["conditions"]]
    return {**new, "conditions": conditions}


def status_details(pipeline: TracedPipeline, ready_consumers: int, last_trace: LastTrace | None) -> Status:
    """Return the status fields that are not conditions."""
    component = naming.TASK_MANAGER if pipeline.spec.consumer.by_flink else naming.CONSUMER
    selector = naming.selector(pipeline.name, component)
    fields: Status = {
        "consumerReplicas": ready_consumers,
        "selector": ",".join(f"{key}={value}" for key, value in selector.items()),
    }
    if last_trace:
        fields["lastTrace"] = {
            "id": last_trace.trace_id,
            "time": _rfc3339(datetime.fromtimestamp(last_trace.sent_nanoseconds / 1e9, UTC)),
            "endToEndMilliseconds": round(last_trace.end_to_end_milliseconds, 3),
            "path": naming.trace_path(last_trace.trace_id),
        }
    return fields


def transition(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return Ready's new reason and message where the reason changed: that, and only that, is an event."""
    before, after = _ready(old), _ready(new)
    if before.get("reason") == after.get("reason"):
        return None
    return after["reason"], after["message"]


def _ready(status: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((c for c in status.get("conditions", ()) if c["type"] == READY), {})


def _abnormal(ready: Verdict) -> dict[str, Verdict]:
    if ready.reason in _STALLING or not ready.retry_helps:
        return {STALLED: Verdict(True, ready.reason, ready.message)}
    if ready.reason not in _SETTLED:
        return {RECONCILING: Verdict(True, ready.reason, ready.message)}
    return {}


def _condition(
    kind: str, verdict: Verdict, before: Mapping[str, Any] | None, *, generation: int, now: datetime
) -> dict[str, Any]:
    status = {True: "True", False: "False", None: "Unknown"}[verdict.ok]
    same = before is not None and before["status"] == status
    return {
        "type": kind,
        "status": status,
        "observedGeneration": generation,
        "lastTransitionTime": before["lastTransitionTime"] if same and before else _rfc3339(now),
        "reason": verdict.reason,
        "message": verdict.message,
    }


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
