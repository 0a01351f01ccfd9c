"""Asks a JobManager about its job, and tells it to stop with a savepoint."""

from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any

import aiohttp

from tracedpipeline.flink import job
from tracedpipeline.flink.job import Job

TIMEOUT = aiohttp.ClientTimeout(total=5)
EXCEPTIONS = 10


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
    entry = job.newest(await _ask(session, "get", f"{url}/jobs/overview"))
    if entry is None:
        return None
    path = f"{url}/jobs/{entry['jid']}"
    exceptions = await _ask_if_known(session, f"{path}/exceptions?maxExceptions={EXCEPTIONS}")
    checkpoints = await _ask_if_known(session, f"{path}/checkpoints")
    return job.job(entry, exceptions, checkpoints, await _ask(session, "get", f"{url}/overview"))


async def stop(session: aiohttp.ClientSession, url: str, job_id: str, trigger_id: str) -> Stop:
    """Ask the job to end with a savepoint, or how far it is; the same trigger (32 hexadecimal digits) asks only once.

    Raises JobManagerError, and SavepointError with Flink's root cause.
    """
    path = f"{url}/jobs/{job_id}"
    await _ask(session, "post", f"{path}/stop", json={"drain": False, "triggerId": trigger_id})
    answer = await _ask(session, "get", f"{path}/savepoints/{trigger_id}")
    if answer["status"]["id"] != "COMPLETED":
        return Stop.RUNNING
    if failure := (answer.get("operation") or {}).get("failure-cause"):
        raise SavepointError(str(failure.get("stack-trace") or failure.get("class")))
    return Stop.DONE


async def _ask_if_known(session: aiohttp.ClientSession, url: str) -> Mapping[str, Any]:
    try:
        return await _ask(session, "get", url)
    except RefusedError:
        # A job that is only being initialized has neither exceptions nor checkpoints, and Flink says 500.
        return {}


async def _ask(session: aiohttp.ClientSession, method: str, url: str, **more: Any) -> Mapping[str, Any]:
    try:
        async with session.request(method, url, timeout=TIMEOUT, **more) as response:
            document = await response.json(content_type=None)
            if response.status >= HTTPStatus.BAD_REQUEST:
                raise RefusedError(f"{url}: {response.status}: {_words(document)}")
            if not isinstance(document, Mapping):
                raise JobManagerError(f"{url} answers, but not as Flink does")
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise JobManagerError(f"{url} does not answer: {str(error) or type(error).__name__}") from error
    return document


def _words(document: Any) -> str:
    errors = document.get("errors") if isinstance(document, Mapping) else None
    return str(errors[0]).split("\n", 1)[0] if errors else "no words"
