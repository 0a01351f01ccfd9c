"""The stages of a FlinkDeployment, as the Flink Kubernetes Operator 1.15 was seen to write them."""

import json
from typing import Any

import pytest
from tracedpipeline import reasons
from tracedpipeline.flink import deployment_status
from tracedpipeline.flink.deployment_status import Status
from tracedpipeline.verdict import Verdict

EXCEPTION = "org.apache.flink.kubernetes.operator.exception"


def error(kind: str, message: str, *causes: str) -> str:
    return json.dumps(
        {"type": f"{EXCEPTION}.{kind}", "message": message, "throwableList": [{"message": c} for c in causes]}
    )


def body(
    lifecycle: str = "", job_manager: str = "", job: str = "", *, observed: int = 2, error: str = ""
) -> dict[str, Any]:
    status: dict[str, Any] = {"lifecycleState": lifecycle, "jobManagerDeploymentStatus": job_manager}
    status |= {"jobStatus": {"state": job}} if job else {}
    status |= {"error": error} if error else {}
    return {"metadata": {"generation": 2}, "status": status | {"observedGeneration": observed}}


MOUNT = error("DeploymentFailedException", 'MountVolume.SetUp failed for volume "flink-config-volume"')
STARTING, RESTARTING, STOPPING = reasons.JOB_STARTING, reasons.JOB_RESTARTING, reasons.STOPPING_WITH_SAVEPOINT
STAGES: dict[str, tuple[dict[str, Any], str | None]] = {
    "no status": ({"metadata": {"generation": 1}}, STARTING),
    "first seen": (body("UPGRADING", "MISSING"), STARTING),
    "JobManager's pod starts": (body("DEPLOYED", "DEPLOYING", "RECONCILING"), STARTING),
    "its ConfigMap comes a little later": (body("DEPLOYED", "ERROR", "RECONCILING", error=MOUNT), STARTING),
    "REST port is open": (body("DEPLOYED", "DEPLOYED_NOT_READY", "RECONCILING", error=MOUNT), STARTING),
    "main() compiles": (body("DEPLOYED", "READY", "RECONCILING", error="Job Not Found"), STARTING),
    "submitted": (body("DEPLOYED", "READY", "CREATED", error="Job Not Found"), STARTING),
    "running": (body("STABLE", "READY", "RUNNING"), None),
    "spec changed, not seen yet": (body("STABLE", "READY", "RUNNING", observed=1), STARTING),
    "after the savepoint": (body("UPGRADING", "READY", "FINISHED"), STOPPING),
    "after the savepoint, JobManager gone": (body("UPGRADING", "MISSING", "FINISHED"), STOPPING),
    "last-state upgrade": (body("UPGRADING", "READY", "CANCELLING"), STOPPING),
    "ended by somebody": (body("STABLE", "READY", "FINISHED"), reasons.JOB_STOPPED),
    "cancelled by somebody": (body("STABLE", "READY", "CANCELED"), reasons.JOB_STOPPED),
    "suspended by somebody": (body("STABLE", "READY", "SUSPENDED"), reasons.JOB_STOPPED),
    "ended, and started again by a change": (body("STABLE", "READY", "FINISHED", observed=1), STARTING),
    "cancelled for a change": (body("UPGRADING", "READY", "CANCELED"), STOPPING),
    "started for a change": (body("UPGRADING", "READY", "RECONCILING"), STARTING),
    "no JobManager, no words": (body("DEPLOYED", "ERROR", "RECONCILING"), STARTING),
    "fails": (body("STABLE", "READY", "FAILING"), RESTARTING),
    "has failed": (body("STABLE", "READY", "FAILED"), RESTARTING),
    "restarts, though STABLE": (body("STABLE", "READY", "RESTARTING"), RESTARTING),
    "topic does not exist": (body("DEPLOYED", "READY", "RESTARTING", error="Job Not Found"), RESTARTING),
    "attempts exhausted": (
        body("FAILED", "READY", "FAILED", error=error("SerializedThrowable", "JobException", "KeyError: 'customer'")),
        reasons.JOB_FAILED,
    ),
    "bad image": (
        body("DEPLOYED", "ERROR", "RECONCILING", error=error("DeploymentFailedException", "Back-off pulling image")),
        reasons.FLINK_BLOCKED,
    ),
    "invalid spec, first time": (
        body(
            "FAILED", "MISSING", observed=0, error=error("ValidationException", "Job parallelism must be larger than 0")
        ),
        reasons.FLINK_REFUSED,
    ),
    "invalid spec on a running job": (
        body("STABLE", "READY", "RUNNING", observed=1, error=error("ValidationException", "no")),
        reasons.FLINK_REFUSED,
    ),
    "JobManager killed": (body("STABLE", "DEPLOYING", "RUNNING"), STARTING),
}


@pytest.mark.parametrize(("seen", "reason"), STAGES.values(), ids=STAGES.keys())
def test_each_stage_has_its_reason(seen: dict[str, Any], reason: str | None) -> None:
    found = deployment_status.verdict(deployment_status.status(seen))
    assert (found and found.reason) == reason


TOLD = {
    "no status": "waiting for the Flink Kubernetes Operator to see the FlinkDeployment",
    "first seen": "the Flink Kubernetes Operator says UPGRADING, JobManager MISSING, job not there yet",
    "submitted": "the Flink Kubernetes Operator says DEPLOYED, JobManager READY, job CREATED",
    "after the savepoint": "the job ends with a savepoint, then starts from it",
    "ended by somebody": "the job is FINISHED: give its FlinkDeployment another spec.restartNonce",
    "restarts, though STABLE": "the Flink Kubernetes Operator says STABLE, JobManager READY, job RESTARTING",
    "attempts exhausted": "the job failed for good: KeyError: 'customer'",
    "bad image": "the JobManager does not come up: Back-off pulling image",
    "invalid spec, first time": (
        "the Flink Kubernetes Operator refused the FlinkDeployment: Job parallelism must be larger than 0: fix the spec"
    ),
}


@pytest.mark.parametrize(("stage", "message"), TOLD.items(), ids=TOLD.keys())
def test_what_is_told_of_a_stage(stage: str, message: str) -> None:
    found = deployment_status.verdict(deployment_status.status(STAGES[stage][0]))
    assert found
    assert (found.ok, found.message) == (False, message)


@pytest.mark.parametrize("status", [None, {}, {"jobStatus": None, "error": None}, {"jobStatus": {}}])
def test_a_status_that_says_nothing(status: Any) -> None:
    seen = {"metadata": {"generation": 3}, "status": status}
    assert deployment_status.status(seen) == Status(generation=3)
    assert deployment_status.status({"metadata": {}, "status": status}) == Status(generation=0)


@pytest.mark.parametrize(
    ("error", "words", "refused"),
    [
        ({"type": "a.ValidationException", "message": "no", "throwableList": [{}]}, "no", True),
        ({"type": "a.ValidationException", "throwableList": [{"message": "first"}, {"message": "last"}]}, "last", True),
        ({"message": "no", "throwableList": [{"message": ""}]}, "no", False),
        ({"type": "a.Exception"}, "", False),
    ],
)
def test_the_words_of_an_error_are_its_last_causes(error: dict[str, Any], words: str, refused: bool) -> None:
    seen = deployment_status.status(body(error=json.dumps(error)))
    assert (seen.error, seen.refused) == (words, refused)


FINE = Verdict(True, reasons.JOB_RUNNING, "runs")
STARTS = Verdict(False, STARTING, "starts")
RESTARTS = Verdict(False, RESTARTING, "says RESTARTING")
PENDING = Verdict(False, reasons.UNSCHEDULABLE, "no node")
QUOTED = Verdict(False, RESTARTING, "KeyError")
SILENT = Verdict(False, reasons.JOB_MANAGER_UNREACHABLE, "silent")


@pytest.mark.parametrize(
    ("says", "deeper", "verdict"),
    [
        (None, FINE, FINE),
        (None, PENDING, PENDING),
        (STARTS, PENDING, PENDING),
        (RESTARTS, QUOTED, QUOTED),
        (STARTS, SILENT, STARTS),
        (STARTS, FINE, STARTS),
        (STARTS, Verdict(None, reasons.UNSCHEDULABLE, "nobody knows"), STARTS),
        (RESTARTS, Verdict(False, reasons.PROGRESSING, "waiting"), RESTARTS),
    ],
)
def test_pods_and_job_explain_what_the_operator_says(says: Verdict | None, deeper: Verdict, verdict: Verdict) -> None:
    assert deployment_status.combine(says, deeper) == verdict
