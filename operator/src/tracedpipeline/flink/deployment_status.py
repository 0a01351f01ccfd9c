"""A FlinkDeployment's status, and what it means.

The stages were observed with the Flink Kubernetes Operator 1.15; lifecycleState alone says STABLE of a job that
restarts, has finished, or has lost its JobManager.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracedpipeline import reasons
from tracedpipeline.flink import root_cause
from tracedpipeline.flink.job import FAILED, RUNNING
from tracedpipeline.untrusted import documents
from tracedpipeline.untrusted.documents import DocumentError
from tracedpipeline.untrusted.quoting import one_line
from tracedpipeline.verdict import Verdict, first

# Stages of which the operator tells too little: pods that wait are invisible in its status, and root causes, too.
DEEPER = frozenset({reasons.JOB_STARTING, reasons.JOB_RESTARTING, reasons.JOB_FAILED, reasons.FLINK_BLOCKED})

# These pass by themselves: a Deployment is made before its ConfigMaps, a job is looked for before it is submitted.
_HARMLESS = ("Job Not Found", "MountVolume")


@dataclass(frozen=True)
class Status:
    """The fields of the status that say something, and the generation that they should speak of."""

    generation: int
    observed_generation: int = 0
    lifecycle: str = ""
    job_manager: str = ""
    job: str = ""
    error: str = ""
    refused: bool = False


def status(body: Mapping[str, Any]) -> Status:
    """Return the status of a FlinkDeployment; before its operator has seen it there is none."""
    found = body.get("status") or {}
    kind, words = _error(found.get("error") or "")
    return Status(
        generation=body["metadata"].get("generation", 0),
        observed_generation=found.get("observedGeneration", 0),
        lifecycle=found.get("lifecycleState", ""),
        job_manager=found.get("jobManagerDeploymentStatus", ""),
        job=(found.get("jobStatus") or {}).get("state", ""),
        error=words,
        refused=kind.endswith("ValidationException"),
    )


def _error(text: str) -> tuple[str, str]:
    """Return the error's type and its last cause's message; it is a JSON document, or plain text."""
    try:
        document = documents.parse(text)
        last = [document, *documents.mappings(document, "throwableList")][-1]
        words = documents.text(last, "message", "") or documents.text(document, "message", "")
        return documents.text(document, "type", ""), words
    except DocumentError:
        return "", text


def verdict(seen: Status) -> Verdict | None:
    """Return why the consumer is not as it should be, as far as its operator says so; None where it runs."""
    if problem := first(check(seen) for check in PROBLEMS):
        return problem
    return None if _runs(seen) else first(check(seen) for check in STAGES) or _on_its_way(seen)


def _refused(seen: Status) -> Verdict | None:
    if not seen.refused:
        return None
    message = f"the Flink Kubernetes Operator refused the FlinkDeployment: {one_line(seen.error)}: fix the spec"
    return Verdict(False, reasons.FLINK_REFUSED, message)


def _failed(seen: Status) -> Verdict | None:
    if seen.lifecycle != "FAILED":
        return None
    return Verdict(False, reasons.JOB_FAILED, f"the job failed for good: {root_cause.find(seen.error)}")


def _blocked(seen: Status) -> Verdict | None:
    if seen.job_manager != "ERROR" or not seen.error or seen.error.startswith(_HARMLESS):
        return None
    message = f"the JobManager does not come up: {root_cause.find(seen.error)}"
    return Verdict(False, reasons.FLINK_BLOCKED, message)


def _stopping(seen: Status) -> Verdict | None:
    if seen.lifecycle != "UPGRADING" or seen.job not in ("FINISHED", "CANCELLING", "CANCELED"):
        return None
    return Verdict(False, reasons.STOPPING_WITH_SAVEPOINT, "the job ends with a savepoint, then starts from it")


def _runs(seen: Status) -> bool:
    return _current(seen) and (seen.lifecycle, seen.job_manager, seen.job) == ("STABLE", "READY", RUNNING)


def _current(seen: Status) -> bool:
    return seen.observed_generation == seen.generation


def _not_seen(seen: Status) -> Verdict | None:
    if seen.lifecycle:
        return None
    message = "waiting for the Flink Kubernetes Operator to see the FlinkDeployment"
    return Verdict(False, reasons.JOB_STARTING, message)


def _stopped(seen: Status) -> Verdict | None:
    if not _current(seen) or seen.job not in ("FINISHED", "CANCELED", "SUSPENDED"):
        return None
    message = f"the job is {seen.job}: give its FlinkDeployment another spec.restartNonce"
    return Verdict(False, reasons.JOB_STOPPED, message)


def _on_its_way(seen: Status) -> Verdict:
    return Verdict(False, reasons.JOB_RESTARTING if _restarts(seen) else reasons.JOB_STARTING, _stage(seen))


# The first that has a verdict decides.
PROBLEMS = (_refused, _failed, _blocked, _stopping)
STAGES = (_not_seen, _stopped)


def _restarts(seen: Status) -> bool:
    return seen.job in ("RESTARTING", "FAILING", FAILED)


def _stage(seen: Status) -> str:
    job = seen.job or "not there yet"
    return f"the Flink Kubernetes Operator says {seen.lifecycle}, JobManager {seen.job_manager}, job {job}"


def combine(says: Verdict | None, deeper: Verdict) -> Verdict:
    """Return the one verdict of what the operator says, None where the job runs, and of what pods and job show."""
    if says is None or says.reason == deeper.reason:
        return deeper
    # What only needs time is no explanation of what the operator says.
    explains = deeper.ok is False and deeper.reason not in reasons.EXPECTED | {reasons.JOB_MANAGER_UNREACHABLE}
    return deeper if explains else says
