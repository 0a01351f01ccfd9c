from typing import Any

import pytest
from tracedpipeline.flink import job
from tracedpipeline.flink.job import Failure

OVERVIEW: dict[str, Any] = {
    "jid": "b" * 32,
    "start-time": 2000,
    "last-modification": 3000,
    "state": "RUNNING",
    "tasks": {"total": 4, "running": 3, "finished": 0, "scheduled": 1},
}
EXCEPTIONS: dict[str, Any] = {
    "exceptionHistory": {
        "entries": [{"timestamp": 1, "stacktrace": "first"}, {"timestamp": 2, "stacktrace": "second"}],
        "truncated": False,
    }
}
CLUSTER = {"taskmanagers": 2, "slots-total": 2, "slots-available": 0}


def checkpoints(*newest_first: str) -> dict[str, Any]:
    history = [{"status": s, "failure_timestamp": 400, "failure_message": "no space"} for s in newest_first]
    return {"counts": {"completed": 7, "failed": 1}, "history": history}


def test_the_newest_job_counts() -> None:
    older = OVERVIEW | {"jid": "a" * 32, "start-time": 1000}
    assert job.newest({"jobs": [OVERVIEW, older]}) == OVERVIEW
    assert job.newest({"jobs": []}) is None


def test_a_job() -> None:
    found = job.job(OVERVIEW, EXCEPTIONS, checkpoints("COMPLETED"), CLUSTER)
    assert (found.id, found.state, found.tasks, found.tasks_running) == ("b" * 32, "RUNNING", 4, 3)
    assert [failure.text for failure in found.failures] == ["second", "first"]
    assert (found.checkpoints, found.checkpoint_failure, found.changed, found.slots) == (7, None, 3000, 2)


def test_a_job_without_tasks_changed_when_it_began() -> None:
    assert job.job(OVERVIEW | {"last-modification": 0}, {}, {}, CLUSTER).changed == 2000


def test_running_is_at_work_only_when_every_task_runs() -> None:
    assert not job.job(OVERVIEW, {}, {}, CLUSTER).at_work
    assert job.job(OVERVIEW | {"tasks": {"total": 4, "running": 4}}, {}, {}, CLUSTER).at_work
    assert not job.job(OVERVIEW | {"tasks": {"total": 0}}, {}, {}, CLUSTER).at_work


@pytest.mark.parametrize(
    ("newest_first", "failing"),
    [
        (["FAILED", "FAILED", "COMPLETED"], True),
        (["IN_PROGRESS", "FAILED", "FAILED"], True),
        (["FAILED", "COMPLETED"], False),
        (["FAILED"], False),
        (["COMPLETED", "FAILED", "FAILED"], False),
        ([], False),
    ],
)
def test_checkpoints_that_fail_in_a_row(newest_first: list[str], failing: bool) -> None:
    found = job.job(OVERVIEW, {}, checkpoints(*newest_first), CLUSTER).checkpoint_failure
    assert found == (Failure(400, "no space") if failing else None)
