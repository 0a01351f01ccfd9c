"""A job as the JobManager's REST API tells it (https://nightlies.apache.org/flink/flink-docs-release-2.2/docs/ops/rest_api/)."""

from dataclasses import dataclass, replace

from tracedpipeline.flink import root_cause
from tracedpipeline.untrusted import documents
from tracedpipeline.untrusted.documents import Document
from tracedpipeline.untrusted.quoting import one_line

RUNNING = "RUNNING"
FAILED = "FAILED"
# The job has ended, and by nothing that went wrong.
STOPPED = frozenset({"FINISHED", "CANCELED", "SUSPENDED"})
# So many failed checkpoints, without a completed one between, are more than the mark of a restart.
IN_A_ROW = 2
_LONGEST_STATE = 40
# So many of its last failures are looked at.
EXCEPTIONS = 10


@dataclass(frozen=True)
class Failure:
    """Something that failed the job or one of its checkpoints; Unix milliseconds, and Flink's error message."""

    milliseconds: int
    text: str


@dataclass(frozen=True)
class Job:
    """The newest job of a cluster: its state, its tasks, what failed it (newest first), its checkpoints.

    `changed` is when its state or a task's changed last, Unix milliseconds; `slots` are those that TaskManagers have
    registered with the JobManager.
    """

    id: str
    state: str
    tasks: int = 0
    tasks_running: int = 0
    failures: tuple[Failure, ...] = ()
    checkpoints: int = 0
    checkpoint_failure: Failure | None = None
    changed: int = 0
    slots: int = 0

    @property
    def at_work(self) -> bool:
        """Whether every task runs; the state alone is RUNNING already while tasks wait for slots."""
        return self.state == RUNNING and self.tasks > 0 and self.tasks_running == self.tasks


def newest(overview: Document) -> Document | None:
    """Return the newest job of `/jobs/overview`, or None where there is none yet; raises DocumentError."""
    jobs = documents.mappings(overview, "jobs")
    return max(jobs, key=lambda job: documents.whole(job, "start-time"), default=None)


def job(overview: Document, exceptions: Document, checkpoints: Document, cluster: Document) -> Job:
    """Return a job from its entry in the overview, the documents of its exceptions and checkpoints, and `/overview`.

    Raises DocumentError where one of them is not what Flink answers.
    """
    found = with_checkpoints(with_failures(from_overview(overview), exceptions), checkpoints)
    return replace(found, slots=slots(cluster))


def from_overview(overview: Document) -> Job:
    """Return what a job's entry in the overview tells; raises DocumentError, as all of these do."""
    tasks = documents.mapping(overview, "tasks")
    changes = [documents.whole(overview, key) for key in ("start-time", "last-modification")]
    return Job(
        id=documents.identifier(overview, "jid"),
        state=one_line(documents.text(overview, "state"), _LONGEST_STATE),
        tasks=documents.whole(tasks, "total", 0),
        tasks_running=documents.whole(tasks, "running", 0) + documents.whole(tasks, "finished", 0),
        changed=max(changes),  # the last modification is 0 before the first task
    )


def with_failures(job: Job, exceptions: Document) -> Job:
    """Return the job with what has failed it."""
    return replace(job, failures=_failures(exceptions))


def with_checkpoints(job: Job, checkpoints: Document) -> Job:
    """Return the job with how its checkpoints go."""
    completed = documents.whole(documents.mapping(checkpoints, "counts"), "completed", 0)
    return replace(job, checkpoints=completed, checkpoint_failure=_checkpoint_failure(checkpoints))


def slots(cluster: Document) -> int:
    """Return the slots that TaskManagers have registered."""
    return documents.whole(cluster, "slots-total")


def _failures(document: Document) -> tuple[Failure, ...]:
    entries = documents.mappings(documents.mapping(document, "exceptionHistory"), "entries")
    found = [Failure(documents.whole(entry, "timestamp"), documents.text(entry, "stacktrace", "")) for entry in entries]
    newest = sorted(found, key=lambda failure: failure.milliseconds, reverse=True)[:EXCEPTIONS]
    return tuple(replace(failure, text=root_cause.cut(failure.text)) for failure in newest)


def _checkpoint_failure(document: Document) -> Failure | None:
    """Return the last failed checkpoint where several in a row have failed; one fails with each failure of the job."""
    history = documents.mappings(document, "history")
    ended = [entry for entry in history if documents.text(entry, "status") != "IN_PROGRESS"]
    if len(ended) < IN_A_ROW or any(entry["status"] != "FAILED" for entry in ended[:IN_A_ROW]):
        return None
    failed = ended[0]
    words = documents.text(failed, "failure_message", "") or "no words"
    return Failure(documents.whole(failed, "failure_timestamp", 0), root_cause.cut(words))
