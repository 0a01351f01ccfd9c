"""A JobManager's REST API, as far as the operator asks it."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

JOB = "a" * 32


class JobManager:
    """Answers what the test says, and ends its job with a savepoint when it is asked twice about it."""

    def __init__(self) -> None:
        self.url = ""
        self.state: str | None = "RUNNING"
        self.running = 2
        self.broken: set[str] = set()
        self.triggers: list[str] = []
        self.asked = 0
        self.answers_until_done = 2
        self.savepoint_failure: str | None = None
        self.ended = 0

    async def overview(self, _: web.Request) -> web.Response:
        tasks = {"total": 2, "running": self.running}
        job = {"jid": JOB, "start-time": 1, "last-modification": 2, "state": self.state, "tasks": tasks}
        return self._answer("overview", {"jobs": [job] if self.state else []})

    async def cluster(self, _: web.Request) -> web.Response:
        return self._answer("cluster", {"taskmanagers": 2, "slots-total": 2, "slots-available": 0})

    async def exceptions(self, _: web.Request) -> web.Response:
        return self._answer("exceptions", {"exceptionHistory": {"entries": [{"timestamp": 5, "stacktrace": "x"}]}})

    async def checkpoints(self, _: web.Request) -> web.Response:
        return self._answer("checkpoints", {"counts": {"completed": 3}, "latest": {}})

    async def stop(self, request: web.Request) -> web.Response:
        document = await request.json()
        assert document["drain"] is False
        self.triggers.append(document["triggerId"])
        return self._answer("stop", {"request-id": document["triggerId"]}, status=202)

    async def savepoint(self, request: web.Request) -> web.Response:
        assert request.match_info["trigger"] == self.triggers[-1]
        self.asked += 1
        if self.asked < self.answers_until_done:
            return web.json_response({"status": {"id": "IN_PROGRESS"}, "operation": None})
        if self.savepoint_failure:
            cause = {"class": "x.CheckpointException", "stack-trace": self.savepoint_failure}
            return web.json_response({"status": {"id": "COMPLETED"}, "operation": {"failure-cause": cause}})
        self.ended += self.state != "FINISHED"
        self.state = "FINISHED"
        return web.json_response({"status": {"id": "COMPLETED"}, "operation": {"location": "file:/s"}})

    def _answer(self, what: str, document: Any, status: int = 200) -> web.Response:
        if what in self.broken:
            return web.json_response({"errors": ["Internal server error.", "<trace>"]}, status=500)
        return web.json_response(document, status=status)


async def serve() -> AsyncGenerator[JobManager, None]:
    answers = JobManager()
    application = web.Application()
    application.router.add_get("/overview", answers.cluster)
    application.router.add_get("/jobs/overview", answers.overview)
    application.router.add_get(f"/jobs/{JOB}/exceptions", answers.exceptions)
    application.router.add_get(f"/jobs/{JOB}/checkpoints", answers.checkpoints)
    application.router.add_post(f"/jobs/{JOB}/stop", answers.stop)
    application.router.add_get(f"/jobs/{JOB}/savepoints/{{trigger}}", answers.savepoint)
    async with TestServer(application) as server:
        answers.url = str(server.make_url("")).rstrip("/")
        yield answers


job_manager = pytest.fixture(serve)
