"""A job as the JobManager's REST API tells it (https://nightlies.apache.org/flink/flink-docs-release-2.2/docs/ops/rest_api/)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RUNNING = "RUNNING"
FAILED = "FAILED"
# The job has ended, and by nothing that went wrong.
STOPPED = frozenset({"FINISHED", "CANCELED", "SUSPENDED"})
# So many failed checkpoints, without a completed one between, are more than the mark of a restart.
IN_A_ROW = 2


@dataclass(frozen=True)
class Failure:
    """Something that failed the job or one of its checkpoints; Unix milliseconds, and Flink's words."""

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


def newest(overview: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the newest job of `/jobs/overview`, or None where there is none yet."""
    return max(overview.get("jobs", ()), key=lambda job: int(job["start-time"]), default=None)


def job(
    overview: Mapping[str, Any],
    exceptions: Mapping[str, Any],
    checkpoints: Mapping[str, Any],
    cluster: Mapping[str, Any],
) -> Job:
    """Return a job from its entry in the overview, the documents of its exceptions and checkpoints, and `/overview`."""
    tasks = overview.get("tasks", {})
    return Job(
        id=overview["jid"],
        state=overview["state"],
        tasks=tasks.get("total", 0),
        tasks_running=tasks.get("running", 0) + tasks.get("finished", 0),
        failures=_failures(exceptions),
        checkpoints=(checkpoints.get("counts") or {}).get("completed", 0),
        checkpoint_failure=_checkpoint_failure(checkpoints),
        changed=max(overview["start-time"], overview["last-modification"]),  # which is 0 before the first task
        slots=cluster["slots-total"],
    )


def _failures(document: Mapping[str, Any]) -> tuple[Failure, ...]:
    entries = (document.get("exceptionHistory") or {}).get("entries", ())
    found = [Failure(int(entry["timestamp"]), str(entry.get("stacktrace", ""))) for entry in entries]
    return tuple(sorted(found, key=lambda failure: failure.milliseconds, reverse=True))


def _checkpoint_failure(document: Mapping[str, Any]) -> Failure | None:
    """Return the last failed checkpoint where several in a row have failed; one fails with each failure of the job."""
    ended = [entry for entry in document.get("history", ()) if entry["status"] != "IN_PROGRESS"]
    if len(ended) < IN_A_ROW or any(entry["status"] != "FAILED" for entry in ended[:IN_A_ROW]):
        return None
    failed = ended[0]
    return Failure(failed.get("failure_timestamp", 0), failed.get("failure_message") or "no words")
