"""What a person should do about a Flink cluster. Pure."""

from tracedpipeline import reasons
from tracedpipeline.flink import root_cause
from tracedpipeline.verdict import Verdict

ADVICE = {
    reasons.NO_SLOTS: "look at the TaskManagers' log, and whether a NetworkPolicy keeps them from the JobManager",
    reasons.OUT_OF_MEMORY: "raise consumer.flink.taskManager.memory",
    reasons.CHECKPOINTS_FAILING: "look at the TaskManagers' log: can user 9999 write to the volume, is it full?",
    reasons.KAFKA_UNREACHABLE: "look at Kafka, and whether its topics are there",
    reasons.AUTHORIZATION_DENIED: "give the consumer's user this right; with kafka.cluster look at its KafkaUser",
    reasons.JOB_FAILED: "fix it in the spec or the image, or delete the JobManager's pod to try once more",
    reasons.JOB_RESTARTING: "look at the TaskManagers' log",
}

OUT_OF_MEMORY = Verdict(
    False,
    reasons.OUT_OF_MEMORY,
    f"a TaskManager was killed: it used more memory than its limit; {ADVICE[reasons.OUT_OF_MEMORY]}",
)


def because(text: str, otherwise: str, what: str) -> Verdict:
    """Return the verdict on a stack trace: its reason, its root cause, and what to do."""
    reason = root_cause.kind(text) or otherwise
    return Verdict(False, reason, f"{what}: {root_cause.find(text)}: {ADVICE[reason]}")


def of_pods(who: str, problem: Verdict) -> Verdict:
    """Return what is wrong with pods, and whose they are."""
    return Verdict(problem.ok, problem.reason, f"{who}: {problem.message}")
