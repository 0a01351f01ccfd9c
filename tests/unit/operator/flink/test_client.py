import aiohttp
import pytest
from tracedpipeline.flink import client
from tracedpipeline.flink.client import JobManagerError, SavepointError, Stop
from tracedpipeline.flink.job import Failure

from tests.unit.operator.flink.jobmanager import JOB, JobManager, job_manager

__all__ = ["job_manager"]
TRIGGER = "b" * 32


async def test_the_newest_job(job_manager: JobManager) -> None:
    async with aiohttp.ClientSession() as session:
        job = await client.newest_job(session, job_manager.url)
    assert job
    assert (job.id, job.at_work, job.checkpoints, job.failures, job.slots) == (JOB, True, 3, (Failure(5, "x"),), 2)


async def test_no_job_yet(job_manager: JobManager) -> None:
    job_manager.state = None
    async with aiohttp.ClientSession() as session:
        assert await client.newest_job(session, job_manager.url) is None


async def test_a_job_that_is_being_initialized_has_no_checkpoints(job_manager: JobManager) -> None:
    job_manager.broken = {"checkpoints", "exceptions"}
    async with aiohttp.ClientSession() as session:
        job = await client.newest_job(session, job_manager.url)
    assert job
    assert (job.checkpoints, job.failures) == (0, ())


async def test_a_refusal_is_quoted(job_manager: JobManager) -> None:
    job_manager.broken = {"overview"}
    async with aiohttp.ClientSession() as session:
        with pytest.raises(JobManagerError, match=r"/jobs/overview: 500: Internal server error\.$"):
            await client.newest_job(session, job_manager.url)


async def test_nobody_answers() -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(JobManagerError, match="does not answer"):
            await client.newest_job(session, "http://127.0.0.1:9")


async def test_a_stop_is_asked_for_until_it_is_done(job_manager: JobManager) -> None:
    async with aiohttp.ClientSession() as session:
        seen = [await client.stop(session, job_manager.url, JOB, TRIGGER) for _ in range(2)]
    assert seen == [Stop.RUNNING, Stop.DONE]
    assert job_manager.triggers == [TRIGGER] * 2


async def test_a_savepoint_that_fails_says_why(job_manager: JobManager) -> None:
    job_manager.answers_until_done, job_manager.savepoint_failure = 1, "java.io.IOException: No space left on device"
    async with aiohttp.ClientSession() as session:
        with pytest.raises(SavepointError, match="No space left"):
            await client.stop(session, job_manager.url, JOB, TRIGGER)
