"""How the operator itself is: its metrics, and whether it has to be started again."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass

from aiohttp import web

from tracedpipeline import metrics
from tracedpipeline.kubernetes_api.client import Key
from tracedpipeline.kubernetes_api.kinds import PIPELINE
from tracedpipeline.kubernetes_api.lease import Lease
from tracedpipeline.kubernetes_api.memory import Memory
from tracedpipeline.queue import Queue

# A watch ends in good order more often than that, and is tried again within seconds.
DEAD_WATCH_SECONDS = 300.0
# No limit and no silence of others keeps a pipeline waiting for so long.
UNSERVED_SECONDS = 600.0


class UnhealthyError(Exception):
    """Only a new process helps."""


@dataclass(frozen=True)
class Health:
    """What a running operator is judged by."""

    queue: Queue[Key]
    memory: Memory
    lease: Lease | None = None

    def watch_ages(self) -> dict[str, float]:
        """Return for how long each kind's watch has not heard of the API server, the longest of its namespaces."""
        now, ages = asyncio.get_running_loop().time(), dict[str, float]()
        for (kind, _), heard in self.memory.heard.items():
            ages[kind] = max(ages.get(kind, 0.0), now - heard)
        return ages

    def check(self) -> None:
        """Raise UnhealthyError where a watch is dead, or a pipeline has waited for too long."""
        for kind, age in self.watch_ages().items():
            if age > DEAD_WATCH_SECONDS:
                raise UnhealthyError(f"the watch of {kind} has not heard of the API server for {age:.0f} s")
        if (waits := self.queue.oldest_unserved_seconds()) > UNSERVED_SECONDS:
            raise UnhealthyError(f"a pipeline has waited for its reconcile for {waits:.0f} s")

    async def scrape(self, _: web.Request) -> web.Response:
        """Return the metrics as they are now."""
        metrics.OLDEST_UNSERVED.set(self.queue.oldest_unserved_seconds())
        for kind, age in self.watch_ages().items():
            metrics.WATCH_AGE.labels(kind).set(age)
        metrics.PIPELINES.clear()
        for reason, number in Counter(map(_reason, self.memory.all(PIPELINE.name))).items():
            metrics.PIPELINES.labels(reason).set(number)
        return metrics.text()

    async def serve(self, port: int) -> web.AppRunner:
        """Serve the metrics at a port; returns what ends that."""
        application = web.Application()
        application.router.add_get("/metrics", self.scrape)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, port=port).start()
        return runner


async def measured(work: Awaitable[float | None]) -> float | None:
    """Return what a reconcile returns, after it was counted."""
    with metrics.RECONCILE_SECONDS.time():
        try:
            again = await work
        except Exception:
            metrics.RECONCILES.labels("error").inc()
            raise
    metrics.RECONCILES.labels("success" if again is not None else "gone").inc()
    return again


def _reason(pipeline: dict[str, object]) -> str:
    status = pipeline.get("status")
    conditions = status.get("conditions", ()) if isinstance(status, dict) else ()
    return next((str(c.get("reason")) for c in conditions if c.get("type") == "Ready"), "Unknown")
