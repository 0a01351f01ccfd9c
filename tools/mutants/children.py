"""Forks of this process, a few at a time, each with limits, and how each of them ended."""

import os
import resource
import select
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

SURVIVED: Final = "survived"
KILLED: Final = "killed"
# It used up its processor time: how busy the machine is has no part in that.
ENDLESS: Final = "endless"
# It waited for something, or was ended from outside: a busy machine can be why.
LATE: Final = "late"
DIED: Final = "died"
IS_LATE: Final = 4  # the exit code of a fork that says so itself
_ENDS: Final = {0: SURVIVED, 1: KILLED, IS_LATE: LATE, -signal.SIGXCPU: ENDLESS}
_MEMORY: Final = 8 * 2**30


@dataclass(frozen=True)
class Job:
    """What a fork does, and how long it may take."""

    name: str
    work: Callable[[], int]
    cpu_seconds: float
    seconds: float


@dataclass(frozen=True)
class _Child:
    job: Job
    pid: int
    deadline: float


def run(jobs: Iterable[Job], at_a_time: int) -> Iterator[tuple[Job, str]]:
    """Yield each job and how it ended, in the order in which they end."""
    running: dict[int, _Child] = {}
    for job in jobs:
        if len(running) == at_a_time:
            yield from _ended(running)
        child = _fork(job)
        running[os.pidfd_open(child.pid)] = child
    while running:
        yield from _ended(running)


def _ended(running: dict[int, _Child]) -> list[tuple[Job, str]]:
    """Wait until one of them has ended, or is late and is therefore ended."""
    earliest = min(child.deadline for child in running.values())
    select.select(list(running), [], [], max(0.0, earliest - time.monotonic()))
    now = time.monotonic()
    ends = {file: _end(file, child, now) for file, child in running.items()}
    return [(_forgotten(running, file), end) for file, end in ends.items() if end]


def _forgotten(running: dict[int, _Child], file: int) -> Job:
    os.close(file)
    return running.pop(file).job


def _end(file: int, child: _Child, now: float) -> str | None:
    if select.select([file], [], [], 0)[0]:
        _, status = os.waitpid(child.pid, 0)
        return _ENDS.get(os.waitstatus_to_exitcode(status), DIED)
    if now < child.deadline:
        return None
    os.killpg(child.pid, signal.SIGKILL)
    os.waitpid(child.pid, 0)
    return LATE


def _fork(job: Job) -> _Child:
    pid = os.fork()
    if pid == 0:
        _work(job)
    with suppress(OSError):  # the child does it, too: whoever comes first
        os.setpgid(pid, pid)
    return _Child(job, pid, time.monotonic() + job.seconds)


def _work(job: Job) -> None:
    """Do it and leave, whatever it raises; nothing of it is printed."""
    code = 2
    try:
        os.setpgid(0, 0)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        limit = int(time.process_time() + job.cpu_seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 2))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        code = job.work()
    finally:
        os._exit(code)
