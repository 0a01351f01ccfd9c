"""What pods and job of a Flink cluster mean for the consumer, and what a person should do."""

from dataclasses import dataclass

from tracedpipeline import reasons
from tracedpipeline.flink import root_cause
from tracedpipeline.flink.job import FAILED, STOPPED, Failure, Job
from tracedpipeline.observed import Component
from tracedpipeline.verdict import Verdict, first

# A job that failed so often within this time restarts for ever, though it may run at the moment.
RESTARTS = 3
RESTARTS_WITHIN_MILLISECONDS = 5 * 60_000
# Four times the longest pause before a restart: a job that has run so long has been fixed.
MENDED_AFTER_MILLISECONDS = 2 * 60_000
# Flink knows by then that a TaskManager is gone: heartbeat.timeout is 50 s. What fails the job later has another cause.
NOTICED_WITHIN_MILLISECONDS = 60_000

# A TaskManager that cannot register tries again at least so often: cluster.registration.max-timeout is 30 s.
REGISTERED_WITHIN_MILLISECONDS = 45_000

_ADVICE = {
    reasons.NO_SLOTS: "look at the TaskManagers' log, and whether a NetworkPolicy keeps them from the JobManager",
    reasons.OUT_OF_MEMORY: "raise consumer.flink.taskManager.memory",
    reasons.CHECKPOINTS_FAILING: "look at the TaskManagers' log: can user 9999 write to the volume, is it full?",
    reasons.KAFKA_UNREACHABLE: "look at Kafka, and whether its topics are there",
    reasons.AUTHORIZATION_DENIED: "give the consumer's user this right; with kafka.cluster look at its KafkaUser",
    reasons.JOB_FAILED: "fix it in the spec or the image, or delete the JobManager's pod to try once more",
    reasons.JOB_RESTARTING: "look at the TaskManagers' log",
}


_OUT_OF_MEMORY = Verdict(
    False,
    reasons.OUT_OF_MEMORY,
    f"a TaskManager was killed: it used more memory than its limit; {_ADVICE[reasons.OUT_OF_MEMORY]}",
)


@dataclass(frozen=True)
class Cluster:
    """A Flink cluster: its pods, its job (None before there is one), why its REST API is silent, Unix milliseconds."""

    job_manager: Component
    task_managers: Component
    job: Job | None = None
    silent: str | None = None
    now: int = 0


def verdict(cluster: Cluster) -> Verdict:
    """Return whether the consumer is as it should be."""
    if found := first(check(cluster) for check in JOB_MANAGER_CHECKS):
        return found
    job = cluster.job
    if job is None:
        return Verdict(False, reasons.JOB_STARTING, "the JobManager runs; the job is being submitted")
    checks, otherwise = (RUNNING_CHECKS, _running) if job.at_work else (WAITING_CHECKS, _starting)
    return first(check(cluster, job) for check in (*ENDED_CHECKS, *checks)) or otherwise(cluster, job)


def _not_created(cluster: Cluster) -> Verdict | None:
    if cluster.job_manager.exists:
        return None
    return Verdict(False, reasons.NOT_CREATED, "the JobManager's Deployment is not there yet")


def _job_manager_problem(cluster: Cluster) -> Verdict | None:
    problem = cluster.job_manager.problem
    return _of("JobManager", problem) if problem else None


def _job_manager_starting(cluster: Cluster) -> Verdict | None:
    if cluster.job_manager.rolled_out:
        return None
    return Verdict(False, reasons.PROGRESSING, "waiting for the JobManager's pod to be ready")


def _unreachable(cluster: Cluster) -> Verdict | None:
    if not cluster.silent:
        return None
    message = f"{cluster.silent}: look at the JobManager's log, and whether a NetworkPolicy keeps the operator out"
    return Verdict(False, reasons.JOB_MANAGER_UNREACHABLE, message)


def _failed(_: Cluster, job: Job) -> Verdict | None:
    return failed(job) if job.state == FAILED else None


def _stopped(_: Cluster, job: Job) -> Verdict | None:
    if job.state not in STOPPED:
        return None
    return Verdict(False, reasons.JOB_STOPPED, f"the job is {job.state}: it is started again from its savepoint")


def failed(job: Job) -> Verdict:
    """Return the verdict on a job that has failed for good."""
    failure = job.failures[0] if job.failures else Failure(0, "no exception is known")
    return because(failure.text, reasons.JOB_FAILED, "the job failed for good")


def because(text: str, otherwise: str, what: str) -> Verdict:
    """Return the verdict on a stack trace: its reason, its root cause, and what to do."""
    reason = root_cause.kind(text) or otherwise
    return Verdict(False, reason, f"{what}: {root_cause.find(text)}: {_ADVICE[reason]}")


def _checkpoints(_: Cluster, job: Job) -> Verdict | None:
    failure = job.checkpoint_failure
    if failure is None:
        return None
    message = f"checkpoints fail: {root_cause.find(failure.text)}: {_ADVICE[reasons.CHECKPOINTS_FAILING]}"
    return Verdict(False, reasons.CHECKPOINTS_FAILING, message)


def _restarts(cluster: Cluster, job: Job) -> Verdict | None:
    recent = [f for f in job.failures if cluster.now - f.milliseconds < RESTARTS_WITHIN_MILLISECONDS]
    if len(recent) < RESTARTS or cluster.now - recent[0].milliseconds > MENDED_AFTER_MILLISECONDS:
        return None
    minutes = RESTARTS_WITHIN_MILLISECONDS // 60_000
    what = f"the job failed {len(recent)} times in the last {minutes} minutes, at last"
    return _killed(cluster, recent[0].milliseconds) or because(recent[0].text, reasons.JOB_RESTARTING, what)


def _fewer_task_managers(cluster: Cluster, _: Job) -> Verdict | None:
    if cluster.task_managers.rolled_out:
        return None
    ready, wanted = cluster.task_managers.ready, cluster.task_managers.wanted
    message = f"{ready} of {wanted} TaskManagers are ready"
    return _killed(cluster, cluster.now) or Verdict(False, reasons.PROGRESSING, message)


def _running(cluster: Cluster, _: Job) -> Verdict:
    parallel = cluster.task_managers.wanted
    return Verdict(True, reasons.JOB_RUNNING, f"the job runs with parallelism {parallel} on {parallel} TaskManagers")


def _task_manager_problem(cluster: Cluster, _: Job) -> Verdict | None:
    problem = cluster.task_managers.problem
    if problem is None:
        return None
    return _OUT_OF_MEMORY if problem.reason == reasons.OOM_KILLED else _of("TaskManager", problem)


def _task_manager_killed(cluster: Cluster, job: Job) -> Verdict | None:
    return _killed(cluster, job.failures[0].milliseconds if job.failures else cluster.now)


def _missing(cluster: Cluster, job: Job) -> Verdict | None:
    """Return that the JobManager gets no pods: only its log tells what the API server refuses."""
    missing, wanted = cluster.task_managers.missing, cluster.task_managers.wanted
    if not missing or cluster.now - job.changed < REGISTERED_WITHIN_MILLISECONDS:
        return None
    what = f"the JobManager has no pods for {missing} of {wanted} TaskManagers"
    return Verdict(False, reasons.NO_SLOTS, f"{what}: look in its log what the API server refuses, such as for a quota")


def _unregistered(cluster: Cluster, job: Job) -> Verdict | None:
    """Return that TaskManagers are ready, but not for Flink: it says so only when it has waited five minutes."""
    since = max(cluster.task_managers.ready_since or 0, cluster.job_manager.ready_since or 0)
    waited = cluster.now - since > REGISTERED_WITHIN_MILLISECONDS
    if not (cluster.task_managers.rolled_out and waited and job.slots < cluster.task_managers.wanted):
        return None
    what = f"all pods are ready, but {job.slots} of {cluster.task_managers.wanted} TaskManagers have registered"
    texts = [failure.text for failure in job.failures[:1] if root_cause.kind(failure.text) == reasons.NO_SLOTS]
    says = f", which says {root_cause.find(texts[0])}" if texts else ""
    return Verdict(False, reasons.NO_SLOTS, f"{what} with the JobManager{says}: {_ADVICE[reasons.NO_SLOTS]}")


def _failure(_: Cluster, job: Job) -> Verdict | None:
    if not job.failures:
        return None
    return because(job.failures[0].text, reasons.JOB_RESTARTING, f"the job is {job.state} after a failure")


def _starting(cluster: Cluster, job: Job) -> Verdict:
    ready, wanted = cluster.task_managers.ready, cluster.task_managers.wanted
    workers = f"{ready} of {wanted} TaskManagers are ready"
    message = f"the job is {job.state}: {job.tasks_running} of {job.tasks} tasks run, {workers}"
    return Verdict(False, reasons.JOB_STARTING, message)


def _killed(cluster: Cluster, noticed: int) -> Verdict | None:
    killed = cluster.task_managers.killed_for_memory
    if killed is None or noticed - killed > NOTICED_WITHIN_MILLISECONDS:
        return None
    return _OUT_OF_MEMORY


def _of(who: str, problem: Verdict) -> Verdict:
    return Verdict(problem.ok, problem.reason, f"{who}: {problem.message}")


# The first that has a verdict decides.
JOB_MANAGER_CHECKS = (_not_created, _job_manager_problem, _job_manager_starting, _unreachable)
ENDED_CHECKS = (_failed, _stopped)
# While its tasks run.
RUNNING_CHECKS = (_restarts, _checkpoints, _fewer_task_managers)
# While they do not.
WAITING_CHECKS = (_task_manager_problem, _task_manager_killed, _missing, _unregistered, _restarts, _failure)
