"""Asks a JobManager about its job, and tells it to stop with a savepoint."""

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp

from tracedpipeline.flink import job, root_cause
from tracedpipeline.flink.job import Job
from tracedpipeline.untrusted import bounded_http, documents
from tracedpipeline.untrusted.bounded_http import Limits, NoAnswerError
from tracedpipeline.untrusted.documents import Document, DocumentError
from tracedpipeline.untrusted.quoting import one_line

Read = TypeVar("Read")

# Ten failures with the stack traces of every task are about 2 MiB.
LIMITS = Limits(3 * 2**20, seconds=5)


class JobManagerError(Exception):
    """The JobManager did not answer, or not as Flink's REST API does; a retry may help."""


class RefusedError(JobManagerError):
    """The JobManager answered, and refused."""


class SavepointError(Exception):
    """Flink could not take the savepoint; the job goes on."""


class Stop(Enum):
    """How far a stop with savepoint is."""

    RUNNING = "RUNNING"
    DONE = "DONE"


async def newest_job(session: aiohttp.ClientSession, url: str) -> Job | None:
    """Return the cluster's newest job, None before one is submitted; raises JobManagerError."""
    try:
        return await _newest_job(session, url)
    except DocumentError as error:
        raise JobManagerError(f"{url} answers, but not as Flink does: {error}") from error


async def _newest_job(session: aiohttp.ClientSession, url: str) -> Job | None:
    found = await _ask(session, "get", f"{url}/jobs/overview", _newest)
    if found is None:
        return None
    path = f"{url}/jobs/{found.id}"
    found = await _add(session, f"{path}/exceptions?maxExceptions={job.EXCEPTIONS}", found, job.with_failures)
    found = await _add(session, f"{path}/checkpoints", found, job.with_checkpoints)
    return replace(found, slots=await _ask(session, "get", f"{url}/overview", job.slots))


def _newest(overview: Document) -> Job | None:
    entry = job.newest(overview)
    return None if entry is None else job.from_overview(entry)


async def stop(session: aiohttp.ClientSession, url: str, job_id: str, trigger_id: str) -> Stop:
    """Ask the job to end with a savepoint, or how far it is; the same trigger (32 hexadecimal digits) asks only once.

    Raises JobManagerError, and SavepointError with Flink's root cause.
    """
    path = f"{url}/jobs/{job_id}"
    await _ask(session, "post", f"{path}/stop", lambda _: None, json={"drain": False, "triggerId": trigger_id})
    try:
        return await _ask(session, "get", f"{path}/savepoints/{trigger_id}", _progress)
    except DocumentError as error:
        raise JobManagerError(f"{path} answers, but not as Flink does: {error}") from error


def _progress(answer: Document) -> Stop:
    if documents.text(documents.mapping(answer, "status"), "id") != "COMPLETED":
        return Stop.RUNNING
    failure = documents.mapping(documents.mapping(answer, "operation"), "failure-cause")
    if failure:
        words = documents.text(failure, "stack-trace", "") or documents.text(failure, "class", "no words")
        raise SavepointError(root_cause.cut(words))
    return Stop.DONE


async def _add(session: aiohttp.ClientSession, url: str, job: Job, add: Callable[[Job, Document], Job]) -> Job:
    try:
        return await _ask(session, "get", url, partial(add, job))
    except RefusedError:
        # A job that is only being initialized has neither exceptions nor checkpoints, and Flink says 500.
        return job


async def _ask(
    session: aiohttp.ClientSession, method: str, url: str, read: Callable[[Document], Read], **more: Any
) -> Read:
    try:
        return await bounded_http.ask_for_document(session, method, url, LIMITS, partial(_read, url, read), **more)
    except NoAnswerError as error:
        raise JobManagerError(f"{url} {error}") from error


def _read(url: str, read: Callable[[Document], Read], status: int, document: Document) -> Read:
    if status >= HTTPStatus.BAD_REQUEST:
        raise RefusedError(f"{url}: {status}: {_words(document)}")
    return read(document)


def _words(document: Document) -> str:
    errors = document.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    return one_line(first.split("\n", 1)[0]) if isinstance(first, str) else "no words"
