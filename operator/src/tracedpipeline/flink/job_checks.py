"""What is wrong with a job that has not ended: while its tasks run, and while they do not. Pure."""

from tracedpipeline import reasons
from tracedpipeline.flink import root_cause
from tracedpipeline.flink.advice import ADVICE, OUT_OF_MEMORY, because, of_pods
from tracedpipeline.flink.cluster import FlinkCluster
from tracedpipeline.flink.job import Job
from tracedpipeline.verdict import Verdict

# A job that failed so often within this time restarts for ever, though it may run at the moment.
RESTARTS = 3
RESTARTS_WITHIN_MILLISECONDS = 5 * 60_000
# Four times the longest pause before a restart: a job that has run so long has been fixed.
HEALTHY_AFTER_MILLISECONDS = 2 * 60_000
# Flink knows by then that a TaskManager is gone: heartbeat.timeout is 50 s. What fails the job later has another cause.
NOTICED_WITHIN_MILLISECONDS = 60_000

# A TaskManager that cannot register tries again at least so often: cluster.registration.max-timeout is 30 s.
REGISTERED_WITHIN_MILLISECONDS = 45_000


def _restarts(cluster: FlinkCluster, job: Job) -> Verdict | None:
    recent = [f for f in job.failures if cluster.now - f.milliseconds < RESTARTS_WITHIN_MILLISECONDS]
    if len(recent) < RESTARTS or cluster.now - recent[0].milliseconds > HEALTHY_AFTER_MILLISECONDS:
        return None
    minutes = RESTARTS_WITHIN_MILLISECONDS // 60_000
    what = f"the job failed {len(recent)} times in the last {minutes} minutes, at last"
    return _killed(cluster, recent[0].milliseconds) or because(recent[0].text, reasons.JOB_RESTARTING, what)


def _checkpoints(_: FlinkCluster, job: Job) -> Verdict | None:
    failure = job.checkpoint_failure
    if failure is None:
        return None
    message = f"checkpoints fail: {root_cause.find(failure.text)}: {ADVICE[reasons.CHECKPOINTS_FAILING]}"
    return Verdict(False, reasons.CHECKPOINTS_FAILING, message)


def _fewer_task_managers(cluster: FlinkCluster, _: Job) -> Verdict | None:
    if cluster.task_managers.rolled_out:
        return None
    ready, wanted = cluster.task_managers.ready, cluster.task_managers.wanted
    message = f"{ready} of {wanted} TaskManagers are ready"
    return _killed(cluster, cluster.now) or Verdict(False, reasons.PROGRESSING, message)


def running(cluster: FlinkCluster, _: Job) -> Verdict:
    """Return the verdict on a job that runs, and of which no check finds anything."""
    parallel = cluster.task_managers.wanted
    return Verdict(True, reasons.JOB_RUNNING, f"the job runs with parallelism {parallel} on {parallel} TaskManagers")


def _task_manager_problem(cluster: FlinkCluster, _: Job) -> Verdict | None:
    problem = cluster.task_managers.problem
    if problem is None:
        return None
    return OUT_OF_MEMORY if problem.reason == reasons.OOM_KILLED else of_pods("TaskManager", problem)


def _task_manager_killed(cluster: FlinkCluster, job: Job) -> Verdict | None:
    return _killed(cluster, job.failures[0].milliseconds if job.failures else cluster.now)


def _missing(cluster: FlinkCluster, job: Job) -> Verdict | None:
    """Return that the JobManager gets no pods: only its log tells what the API server refuses."""
    missing, wanted = cluster.task_managers.missing, cluster.task_managers.wanted
    if not missing or cluster.now - job.changed < REGISTERED_WITHIN_MILLISECONDS:
        return None
    what = f"the JobManager has no pods for {missing} of {wanted} TaskManagers"
    return Verdict(False, reasons.NO_SLOTS, f"{what}: look in its log what the API server refuses, such as for a quota")


def _unregistered(cluster: FlinkCluster, job: Job) -> Verdict | None:
    """Return that TaskManagers are ready, but not for Flink: it says so only when it has waited five minutes."""
    since = max(cluster.task_managers.ready_since or 0, cluster.job_manager.ready_since or 0)
    waited = cluster.now - since > REGISTERED_WITHIN_MILLISECONDS
    if not (cluster.task_managers.rolled_out and waited and job.slots < cluster.task_managers.wanted):
        return None
    what = f"all pods are ready, but {job.slots} of {cluster.task_managers.wanted} TaskManagers have registered"
    texts = [failure.text for failure in job.failures[:1] if root_cause.kind(failure.text) == reasons.NO_SLOTS]
    says = f", which says {root_cause.find(texts[0])}" if texts else ""
    return Verdict(False, reasons.NO_SLOTS, f"{what} with the JobManager{says}: {ADVICE[reasons.NO_SLOTS]}")


def _failure(_: FlinkCluster, job: Job) -> Verdict | None:
    if not job.failures:
        return None
    return because(job.failures[0].text, reasons.JOB_RESTARTING, f"the job is {job.state} after a failure")


def starting(cluster: FlinkCluster, job: Job) -> Verdict:
    """Return the verdict on a job that only needs time."""
    ready, wanted = cluster.task_managers.ready, cluster.task_managers.wanted
    workers = f"{ready} of {wanted} TaskManagers are ready"
    message = f"the job is {job.state}: {job.tasks_running} of {job.tasks} tasks run, {workers}"
    return Verdict(False, reasons.JOB_STARTING, message)


def _killed(cluster: FlinkCluster, noticed: int) -> Verdict | None:
    killed = cluster.task_managers.killed_for_memory
    if killed is None or noticed - killed > NOTICED_WITHIN_MILLISECONDS:
        return None
    return OUT_OF_MEMORY


# The first that has a verdict decides.
# While its tasks run.
RUNNING_CHECKS = (_restarts, _checkpoints, _fewer_task_managers)
# While they do not.
WAITING_CHECKS = (_task_manager_problem, _task_manager_killed, _missing, _unregistered, _restarts, _failure)
