from typing import Any

from tracedpipeline.flink import job
from tracedpipeline.flink.job import Failure

OVERVIEW: dict[str, Any] = {
    "jid": "b" * 32,
    "start-time": 2000,
    "state": "RUNNING",
    "tasks": {"total": 4, "running": 3, "finished": 0, "scheduled": 1},
}
EXCEPTIONS: dict[str, Any] = {
    "exceptionHistory": {
        "entries": [{"timestamp": 1, "stacktrace": "first"}, {"timestamp": 2, "stacktrace": "second"}],
        "truncated": False,
    }
}
COMPLETED = {"id": 7, "latest_ack_timestamp": 500}


def checkpoints(**latest: Any) -> dict[str, Any]:
    return {"counts": {"completed": 7, "failed": 1}, "latest": {"completed": None, "failed": None, **latest}}


def test_the_newest_job_counts() -> None:
    older = OVERVIEW | {"jid": "a" * 32, "start-time": 1000}
    assert job.newest({"jobs": [OVERVIEW, older]}) == OVERVIEW
    assert job.newest({"jobs": []}) is None


def test_a_job() -> None:
    found = job.job(OVERVIEW, EXCEPTIONS, checkpoints(completed=COMPLETED))
    assert (found.id, found.state, found.tasks, found.tasks_running) == ("b" * 32, "RUNNING", 4, 3)
    assert [failure.text for failure in found.failures] == ["second", "first"]
    assert (found.checkpoints, found.checkpoint_milliseconds, found.checkpoint_failure) == (7, 500, None)


def test_running_is_at_work_only_when_every_task_runs() -> None:
    assert not job.job(OVERVIEW, {}, {}).at_work
    assert job.job(OVERVIEW | {"tasks": {"total": 4, "running": 4}}, {}, {}).at_work
    assert not job.job(OVERVIEW | {"tasks": {"total": 0}}, {}, {}).at_work


def test_a_failed_checkpoint_counts_until_a_later_one_completes() -> None:
    failed = {"id": 6, "failure_timestamp": 400, "failure_message": "no space"}
    assert job.job(OVERVIEW, {}, checkpoints(completed=COMPLETED, failed=failed)).checkpoint_failure is None
    later = failed | {"id": 8}
    found = job.job(OVERVIEW, {}, checkpoints(completed=COMPLETED, failed=later)).checkpoint_failure
    assert found == Failure(400, "no space")
    assert job.job(OVERVIEW, {}, checkpoints(failed=failed)).checkpoint_failure == found
