from dataclasses import replace

import pytest
from tracedpipeline import reasons
from tracedpipeline.flink import health
from tracedpipeline.flink.cluster import FlinkCluster
from tracedpipeline.flink.job import Failure, Job
from tracedpipeline.observed import Component
from tracedpipeline.verdict import Verdict

NOW = 1_000_000_000
MINUTE = 60_000
JOB = Job("a" * 32, "RUNNING", tasks=4, tasks_running=4, checkpoints=3, slots=2)
CLUSTER = FlinkCluster(
    job_manager=Component("jobmanager", 1, 1, rolled_out=True),
    task_managers=Component("taskmanager", 2, 2, rolled_out=True),
    job=JOB,
    now=NOW,
)
UNSCHEDULABLE = Verdict(False, reasons.UNSCHEDULABLE, "no node takes the pod")
ABSENT = Component("jobmanager")
SLOTS = "org.apache.flink.x.NoResourceAvailableException: Could not acquire the minimum required resources."
BUG = "java.lang.RuntimeException: x: Traceback (most recent call last):\n  File\nKeyError: 'customer'\n"


def job(state: str = "RUNNING", **fields: object) -> FlinkCluster:
    return replace(CLUSTER, job=replace(JOB, state=state, **fields))  # type: ignore[arg-type]  # by name


def failures(*minutes_ago: float, text: str = BUG) -> tuple[Failure, ...]:
    return tuple(Failure(NOW - int(minutes * MINUTE), text) for minutes in minutes_ago)


def waiting(**fields: object) -> FlinkCluster:
    return replace(job("CREATED", tasks_running=0), task_managers=replace(CLUSTER.task_managers, **fields))  # type: ignore[arg-type]  # by name


STAGES: dict[str, tuple[FlinkCluster, str, str]] = {
    "all is well": (CLUSTER, reasons.JOB_RUNNING, "the job runs with parallelism 2 on 2 TaskManagers"),
    "no JobManager": (
        replace(CLUSTER, job_manager=Component("jobmanager", exists=False)),
        reasons.NOT_CREATED,
        "the JobManager's Deployment is not there yet",
    ),
    "JobManager's pod waits": (
        replace(CLUSTER, job_manager=Component("jobmanager", problem=UNSCHEDULABLE)),
        reasons.UNSCHEDULABLE,
        "JobManager: no node takes the pod",
    ),
    "JobManager starts": (
        replace(CLUSTER, job_manager=ABSENT),
        reasons.PROGRESSING,
        "waiting for the JobManager's pod to be ready",
    ),
    "REST is silent": (
        replace(CLUSTER, job=None, silent="no"),
        reasons.JOB_MANAGER_UNREACHABLE,
        "no: look at the JobManager's log, and whether a NetworkPolicy keeps the operator out",
    ),
    "main() compiles": (
        replace(CLUSTER, job=None),
        reasons.JOB_STARTING,
        "the JobManager runs; the job is being submitted",
    ),
    "tasks are deployed": (
        job(tasks_running=1),
        reasons.JOB_STARTING,
        "the job is RUNNING: 1 of 4 tasks run, 2 of 2 TaskManagers are ready",
    ),
    "the job waits for slots": (
        waiting(ready=1, rolled_out=False),
        reasons.JOB_STARTING,
        "the job is CREATED: 0 of 4 tasks run, 1 of 2 TaskManagers are ready",
    ),
    "a TaskManager's pod waits": (
        waiting(problem=UNSCHEDULABLE, rolled_out=False),
        reasons.UNSCHEDULABLE,
        "TaskManager: no node takes the pod",
    ),
    "Flink waited for slots": (
        job("RESTARTING", failures=failures(1, text=SLOTS)),
        reasons.NO_SLOTS,
        "the job is RESTARTING after a failure: NoResourceAvailableException: Could not acquire the minimum required "
        "resources.: look at the TaskManagers' log, and whether a NetworkPolicy keeps them from the JobManager",
    ),
    "restarts once": (
        job("RESTARTING", tasks_running=0, failures=failures(0)),
        reasons.JOB_RESTARTING,
        "the job is RESTARTING after a failure: KeyError: 'customer': look at the TaskManagers' log",
    ),
    "tasks begin again after a failure": (
        job(tasks_running=1, failures=failures(0)),
        reasons.JOB_RESTARTING,
        "the job is RUNNING after a failure: KeyError: 'customer': look at the TaskManagers' log",
    ),
    "restarts for ever": (
        job(failures=failures(0, 1, 2)),
        reasons.JOB_RESTARTING,
        "the job failed 3 times in the last 5 minutes, at last: KeyError: 'customer': look at the TaskManagers' log",
    ),
    "restarts for ever, at the moment": (
        job("RESTARTING", tasks_running=0, failures=failures(0, 1, 2)),
        reasons.JOB_RESTARTING,
        "the job failed 3 times in the last 5 minutes, at last: KeyError: 'customer': look at the TaskManagers' log",
    ),
    "killed for memory": (
        waiting(killed_for_memory=NOW - 5000, rolled_out=False),
        reasons.OUT_OF_MEMORY,
        "a TaskManager was killed: it used more memory than its limit; raise consumer.flink.taskManager.memory",
    ),
    "failed for good": (
        job("FAILED", failures=failures(0)),
        reasons.JOB_FAILED,
        "the job failed for good: KeyError: 'customer': "
        "fix it in the spec or the image, or delete the JobManager's pod to try once more",
    ),
    "failed without words": (
        job("FAILED"),
        reasons.JOB_FAILED,
        "the job failed for good: no exception is known: "
        "fix it in the spec or the image, or delete the JobManager's pod to try once more",
    ),
    "volume is not writable": (
        job("FAILED", failures=failures(0, text="java.io.IOException: Failed to create checkpoint storage")),
        reasons.CHECKPOINTS_FAILING,
        "the job failed for good: IOException: Failed to create checkpoint storage: "
        "look at the TaskManagers' log: can user 9999 write to the volume, is it full?",
    ),
    "checkpoints fail": (
        job(checkpoint_failure=Failure(NOW, "java.io.IOException: No space left on device")),
        reasons.CHECKPOINTS_FAILING,
        "checkpoints fail: IOException: No space left on device: "
        "look at the TaskManagers' log: can user 9999 write to the volume, is it full?",
    ),
    "somebody ended it": (
        job("FINISHED"),
        reasons.JOB_STOPPED,
        "the job is FINISHED: it is started again from its savepoint",
    ),
    "a TaskManager more than runs": (
        replace(CLUSTER, task_managers=Component("taskmanager", 2, 1)),
        reasons.PROGRESSING,
        "1 of 2 TaskManagers are ready",
    ),
}


@pytest.mark.parametrize(("cluster", "reason", "message"), STAGES.values(), ids=STAGES.keys())
def test_each_stage_has_its_reason(cluster: FlinkCluster, reason: str, message: str) -> None:
    assert health.verdict(cluster) == Verdict(reason == reasons.JOB_RUNNING, reason, message)


@pytest.mark.parametrize(
    "ago",
    [(0,), (0, 1), (0, 1, 5), (6, 7, 8), (2.1, 3, 4)],
    ids=["once", "twice", "twice in five minutes", "long ago", "fixed"],
)
def test_a_job_that_recovered_is_well(ago: tuple[float, ...]) -> None:
    assert health.verdict(job(failures=failures(*ago))).ok


def test_a_job_that_runs_for_two_minutes_may_still_restart_for_ever() -> None:
    assert health.verdict(job(failures=failures(2, 3, 4))).reason == reasons.JOB_RESTARTING


@pytest.mark.parametrize("failed", [failures(0), ()], ids=["another failure since", "no failure that is known"])
def test_an_older_kill_does_not_hide_what_fails_the_job_now(failed: tuple[Failure, ...]) -> None:
    killed = replace(CLUSTER.task_managers, killed_for_memory=NOW - 2 * MINUTE)
    found = health.verdict(replace(job("RESTARTING", tasks_running=0, failures=failed), task_managers=killed))
    assert found.reason == (reasons.JOB_RESTARTING if failed else reasons.JOB_STARTING)


def test_a_pod_that_was_killed_long_ago_does_not_count_while_the_job_runs() -> None:
    assert health.verdict(
        replace(CLUSTER, task_managers=replace(CLUSTER.task_managers, killed_for_memory=NOW - MINUTE))
    ).ok


@pytest.mark.parametrize(
    ("ago", "reason"),
    [(5000, reasons.OUT_OF_MEMORY), (MINUTE, reasons.OUT_OF_MEMORY), (MINUTE + 1, reasons.PROGRESSING)],
)
def test_a_kill_is_named_though_flink_has_not_noticed_it(ago: int, reason: str) -> None:
    killed = replace(CLUSTER.task_managers, killed_for_memory=NOW - ago, rolled_out=False, ready=0)
    assert health.verdict(replace(CLUSTER, task_managers=killed)).reason == reason


def test_memory_explains_a_job_that_restarts_for_ever() -> None:
    killed = replace(
        job(failures=failures(0, 1, 2)), task_managers=replace(CLUSTER.task_managers, killed_for_memory=NOW - 5000)
    )
    assert health.verdict(killed).reason == reasons.OUT_OF_MEMORY


@pytest.mark.parametrize(
    ("missing", "seconds", "reason"),
    [(1, 45, reasons.NO_SLOTS), (1, 44, reasons.JOB_STARTING), (0, 45, reasons.JOB_STARTING)],
    ids=["refused", "requested", "all are there"],
)
def test_task_managers_that_the_job_manager_gets_no_pods_for(missing: int, seconds: int, reason: str) -> None:
    cluster = waiting(missing=missing, ready=1, rolled_out=False)
    found = health.verdict(replace(cluster, job=replace(JOB, tasks_running=0, changed=NOW - seconds * 1000)))
    assert found.reason == reason
    refused = (
        "the JobManager has no pods for 1 of 2 TaskManagers: "
        "look in its log what the API server refuses, such as for a quota"
    )
    assert (found.ok, found.message == refused) == (False, reason == reasons.NO_SLOTS)


HEARTBEAT = "java.util.concurrent.TimeoutException: Heartbeat of TaskManager with id 10.0.0.7:6122-1 timed out."


def registered(
    slots: int, *, ready: float = 1, job_manager: float = 1, text: str = BUG, **fields: object
) -> FlinkCluster:
    """A cluster that waits for slots; how many minutes ago its pods became ready, and what failed the job."""
    seen = waiting(ready_since=NOW - int(ready * MINUTE), **fields)
    manager = replace(CLUSTER.job_manager, ready_since=NOW - int(job_manager * MINUTE))
    failed = failures(1, text=text)
    return replace(seen, job_manager=manager, job=replace(JOB, tasks_running=0, slots=slots, failures=failed))


@pytest.mark.parametrize(
    ("cluster", "reason"),
    [
        (registered(1), reasons.NO_SLOTS),
        (registered(2), reasons.JOB_RESTARTING),
        (registered(1, ready=0.5), reasons.JOB_RESTARTING),
        (registered(1, job_manager=0.5), reasons.JOB_RESTARTING),
        (registered(1, ready=0.75), reasons.JOB_RESTARTING),
        (registered(1, rolled_out=False), reasons.JOB_RESTARTING),
        (registered(1, killed_for_memory=NOW - MINUTE - 5000), reasons.OUT_OF_MEMORY),
    ],
    ids=[
        "one hangs",
        "all are there",
        "new",
        "JobManager is new",
        "new for just 45 s",
        "a pod starts",
        "one was killed",
    ],
)
def test_task_managers_that_do_not_register(cluster: FlinkCluster, reason: str) -> None:
    found = health.verdict(cluster)
    assert found.reason == reason
    assert ("1 of 2 TaskManagers have registered" in found.message) == (reason == reasons.NO_SLOTS)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            HEARTBEAT,
            ", which says TimeoutException: Heartbeat of TaskManager with id 10.0.0.7:6122-1 timed out.",
        ),
        (BUG, ""),
    ],
    ids=["the hang", "an older failure"],
)
def test_flinks_words_about_a_task_manager_that_hangs(text: str, says: str) -> None:
    message = (
        f"all pods are ready, but 1 of 2 TaskManagers have registered with the JobManager{says}: "
        "look at the TaskManagers' log, and whether a NetworkPolicy keeps them from the JobManager"
    )
    assert health.verdict(registered(1, text=text)) == Verdict(False, reasons.NO_SLOTS, message)


def test_pods_of_which_nothing_tells_since_when_they_are_ready_were_so_long_ago() -> None:
    unknown = registered(1)
    managers = replace(unknown.task_managers, ready_since=None), replace(unknown.job_manager, ready_since=None)
    seen = replace(unknown, task_managers=managers[0], job_manager=managers[1])
    assert health.verdict(seen).reason == reasons.NO_SLOTS


def test_a_task_manager_that_is_killed_again_and_again_is_out_of_memory() -> None:
    problem = Verdict(False, reasons.OOM_KILLED, "the container was killed")
    cluster = waiting(problem=problem, rolled_out=False)
    assert health.verdict(cluster).reason == reasons.OUT_OF_MEMORY


def test_of_many_failures_the_last_tells_why_and_when() -> None:
    recent = (*failures(0, text="java.lang.IllegalStateException: last"), *failures(1.9, 2))
    killed = replace(CLUSTER.task_managers, killed_for_memory=NOW - 100_000)
    verdict = health.verdict(replace(job(failures=recent), task_managers=killed))
    assert verdict.reason == reasons.JOB_RESTARTING
    assert "at last: IllegalStateException: last: " in verdict.message


def test_only_the_last_failure_says_why_task_managers_do_not_register() -> None:
    ready = replace(CLUSTER.task_managers, ready_since=NOW - 46_000)
    waits = job("CREATED", tasks_running=0, slots=1, failures=(*failures(1), *failures(2, text=SLOTS)))
    message = health.verdict(replace(waits, task_managers=ready)).message
    assert "1 of 2 TaskManagers have registered with the JobManager: " in message
