"""A story as often as the operator writes in it: each time it ends at another write."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from tracedpipeline import naming

from tests.unit.operator.chaos.cluster import World
from tests.unit.operator.chaos.operators import Process, controlled, settled
from tests.unit.operator.chaos.stories import Story, check_objects, status
from tests.unit.operator.flink.jobmanager import serve

# All in `make chaos`; of each story one in `make test`.
EVERY = "CHAOS" in os.environ
SETTLED_SECONDS = 20.0


@dataclass(frozen=True)
class End:
    """How a story ended: the status, how many jobs, and how many writes before and after the operator was ended."""

    status: Any
    ended_jobs: int
    writes: int
    again: int


def moments(writes: int) -> Iterable[int]:
    """Return at which writes to end."""
    return range(1, writes + 1) if EVERY else [writes // 3]


@asynccontextmanager
async def begun(story: Story) -> AsyncIterator[World]:
    """Yield a cluster in which the pipeline is as it was before, or is not."""
    managers, world = serve(), World()
    world.flink_job = await anext(managers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(naming, "flink_url", lambda *_: world.flink_job.url)
        async with controlled(world):
            if story.before:
                world.write_pipeline(story.before)
                async with Process(world).running():
                    await settled(world, SETTLED_SECONDS)
                check_objects(world)
            yield world
    await managers.aclose()


async def told(story: Story, at: int = 0, *, done: bool = False, away: float = 0.0) -> End:
    """Return how a story ends in which the operator ends at a write, and comes back later; at 0 it goes on."""
    async with begun(story) as world:
        story.change(world)
        process = Process(world, at, done=done)
        async with process.running():
            await ended_or_settled(process, world)
        before = len(world.writes)
        if process.dead.is_set():
            await asyncio.sleep(away)
            async with Process(world).running():
                await settled(world, SETTLED_SECONDS)
        check_objects(world)
        return End(status(world), world.flink_job.ended, process.writes, len(world.writes) - before)


async def ended_or_settled(process: Process, world: World) -> None:
    """Wait until an operator has ended, or has nothing more to write."""
    dead, quiet = (asyncio.create_task(work) for work in (process.dead.wait(), settled(world, SETTLED_SECONDS)))
    _, left = await asyncio.wait([dead, quiet], return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
        await asyncio.wait([task])
