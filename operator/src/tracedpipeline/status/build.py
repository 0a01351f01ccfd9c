"""The resource's status: old status, verdicts and the time give the new one. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tracedpipeline import naming, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.observed import LastTrace
from tracedpipeline.status.readiness import OBSERVED, READY, TRACES_FLOWING, unobserved
from tracedpipeline.untrusted.quoting import one_line
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
# Of the traces nothing is known yet.
_ONLY_WAITING = {reasons.WAITING_FOR_COMPONENTS, reasons.WAITING_FOR_SPANS}
_SETTLED = _STALLING | {reasons.PAUSED, reasons.ALL_AVAILABLE}

Status = dict[str, Any]

# Of a message, whoever wrote the parts of it: one line, in events and the log, too.
MOST_CHARACTERS = 4000


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
    new = build_status(old, generation, unobserved(ready, "the reconcile failed before"), now, {})
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


def kafka_record(pipeline: TracedPipeline, kafka: Verdict | None = None, cluster_id: str | None = None) -> Status:
    """Return what the next looks have to know of Kafka; a topic that is gone is told of once, and then forgotten."""
    record = pipeline.kafka_record
    topics = [*pipeline.spec.topics] if kafka and kafka.ok else [*record.topics]
    if kafka and kafka.reason == reasons.TOPIC_DISAPPEARED:
        topics = []
    # Empty where it is not known: a field that is left out would stay what it was, of another cluster perhaps.
    known = cluster_id or record.cluster_id or ""
    return {"kafka": {"address": pipeline.kafka_address, "clusterId": known, "topics": topics}}


def transitions(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the new reasons and messages that are events: where Ready's changed, or what is known of the traces."""
    said = {_of(new, READY)["reason"], *_ONLY_WAITING}
    changes = [_of(new, READY)] if _changed(old, new, READY) else []
    if _changed(old, new, TRACES_FLOWING) and _of(new, TRACES_FLOWING)["reason"] not in said:
        changes.append(_of(new, TRACES_FLOWING))
    return [(condition["reason"], condition["message"]) for condition in changes]


def _changed(old: Mapping[str, Any], new: Mapping[str, Any], kind: str) -> bool:
    return bool(_of(old, kind).get("reason") != _of(new, kind).get("reason"))


def _of(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    return next((c for c in status.get("conditions", ()) if c["type"] == kind), {})


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
        "message": one_line(verdict.message, MOST_CHARACTERS),
    }


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
