from typing import Any

import pytest
from tracedpipeline.flink import job
from tracedpipeline.flink.job import Failure, Job
from tracedpipeline.untrusted.documents import DocumentError

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


def test_tasks_that_have_finished_run_no_more_and_are_no_fault() -> None:
    ending = OVERVIEW | {"tasks": {"total": 4, "running": 1, "finished": 3}}
    found = job.job(ending, {}, {}, CLUSTER)
    assert (found.tasks, found.tasks_running, found.at_work) == (4, 4, True)


def test_what_flink_leaves_out_is_nothing() -> None:
    overview = {key: value for key, value in OVERVIEW.items() if key != "tasks"}
    found = job.job(overview, {"exceptionHistory": {"entries": [{"timestamp": 7}]}}, {}, CLUSTER)
    assert found == Job("b" * 32, "RUNNING", failures=(Failure(7, ""),), changed=3000, slots=2)


@pytest.mark.parametrize("field", ["jid", "state", "start-time", "last-modification"])
def test_what_flink_never_leaves_out_is_named(field: str) -> None:
    with pytest.raises(DocumentError, match=f"^{field} is "):
        job.job({key: value for key, value in OVERVIEW.items() if key != field}, {}, {}, CLUSTER)


def test_how_many_slots_there_are_is_never_left_out() -> None:
    with pytest.raises(DocumentError, match=r"^slots-total is "):
        job.job(OVERVIEW, {}, {}, {})


def test_a_state_is_a_word() -> None:
    assert job.job(OVERVIEW | {"state": "X\n" * 40}, {}, {}, CLUSTER).state == f"{'X ' * 19}X…"


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


@pytest.mark.parametrize(
    ("newest", "failure"),
    [
        ({"failure_message": "no space", "failure_timestamp": 400}, Failure(400, "no space")),
        ({"failure_message": "", "failure_timestamp": 400}, Failure(400, "no words")),
        ({}, Failure(0, "no words")),
    ],
)
def test_why_the_last_checkpoint_failed(newest: dict[str, Any], failure: Failure) -> None:
    older = {"status": "FAILED", "failure_timestamp": 300, "failure_message": "older"}
    history = [{"status": "IN_PROGRESS"}, {"status": "FAILED", **newest}, older]
    assert job.job(OVERVIEW, {}, {"history": history}, CLUSTER).checkpoint_failure == failure
