"""What pods and job of a Flink cluster mean for the consumer, and what a person should do. Pure."""

from tracedpipeline import reasons
from tracedpipeline.flink.advice import because, of_pods
from tracedpipeline.flink.cluster import FlinkCluster
from tracedpipeline.flink.job import FAILED, STOPPED, Job
from tracedpipeline.flink.job_checks import RUNNING_CHECKS, WAITING_CHECKS, running, starting
from tracedpipeline.verdict import Verdict, first


def verdict(cluster: FlinkCluster) -> Verdict:
    """Return whether the consumer is as it should be."""
    if found := first(check(cluster) for check in JOB_MANAGER_CHECKS):
        return found
    job = cluster.job
    if job is None:
        return Verdict(False, reasons.JOB_STARTING, "the JobManager runs; the job is being submitted")
    checks, otherwise = (RUNNING_CHECKS, running) if job.at_work else (WAITING_CHECKS, starting)
    return first(check(cluster, job) for check in (*ENDED_CHECKS, *checks)) or otherwise(cluster, job)


def _not_created(cluster: FlinkCluster) -> Verdict | None:
    if cluster.job_manager.exists:
        return None
    return Verdict(False, reasons.NOT_CREATED, "the JobManager's Deployment is not there yet")


def _job_manager_problem(cluster: FlinkCluster) -> Verdict | None:
    problem = cluster.job_manager.problem
    return of_pods("JobManager", problem) if problem else None


def _job_manager_starting(cluster: FlinkCluster) -> Verdict | None:
    if cluster.job_manager.rolled_out:
        return None
    return Verdict(False, reasons.PROGRESSING, "waiting for the JobManager's pod to be ready")


def _unreachable(cluster: FlinkCluster) -> Verdict | None:
    if not cluster.silent:
        return None
    message = f"{cluster.silent}: look at the JobManager's log, and whether a NetworkPolicy keeps the operator out"
    return Verdict(False, reasons.JOB_MANAGER_UNREACHABLE, message)


def _failed(_: FlinkCluster, job: Job) -> Verdict | None:
    if job.state != FAILED:
        return None
    text = job.failures[0].text if job.failures else "no exception is known"
    return because(text, reasons.JOB_FAILED, "the job failed for good")


def _stopped(_: FlinkCluster, job: Job) -> Verdict | None:
    if job.state not in STOPPED:
        return None
    return Verdict(False, reasons.JOB_STOPPED, f"the job is {job.state}: it is started again from its savepoint")


# The first that has a verdict decides.
JOB_MANAGER_CHECKS = (_not_created, _job_manager_problem, _job_manager_starting, _unreachable)
ENDED_CHECKS = (_failed, _stopped)
