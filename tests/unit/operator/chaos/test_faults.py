"""The API server fails for five minutes: rates stay bounded, and afterwards there is exactly what there should be."""

import asyncio
from functools import cache
from typing import Any

import pytest
from tracedpipeline import observe

from tests.unit.operator.chaos import faults, stories
from tests.unit.operator.chaos.clock import simulated
from tests.unit.operator.chaos.faults import Failing, Fault
from tests.unit.operator.chaos.operators import flowing, settled
from tests.unit.operator.chaos.stories import Story, check_objects, status
from tests.unit.operator.chaos.sweep import EVERY, End, begun, moments, told

MINUTES = 5
# The longest back-off, with its spread, and some more.
LONGEST_SECONDS = 80.0
# Of one pipeline and the watches of all kinds.
MOST_PER_SECOND, MOST_IN_THE_END = 8.0, 6.0
STORIES = (stories.FIRST, stories.UPDATE, stories.UPGRADE, stories.MADE_AGAIN) if EVERY else (stories.FIRST,)


@pytest.fixture(autouse=True)
def traces_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "find_traces", flowing)


async def through(story: Story, fault: Fault) -> tuple[Any, list[float]]:
    async with begun(story) as world:
        failing = Failing(world)
        async with failing.running():
            await asyncio.sleep(1)
            failing.begin(fault)
            story.change(world)
            # Whoever watches has to look again, and meets the fault.
            world.cut_watches()
            await asyncio.sleep(60 * MINUTES)
            rates = failing.per_second(MINUTES)
            failing.fault = None
            await settled(world, LONGEST_SECONDS)
            before = len(world.writes)
            await asyncio.sleep(LONGEST_SECONDS)
            assert len(world.writes) == before
        check_objects(world)
        return status(world), rates


@cache
def without(story: Story) -> End:
    """Return how the story ends where nothing fails."""
    return simulated(told(story))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
@pytest.mark.parametrize("fault", faults.ALL, ids=lambda fault: fault.__name__)
def test_an_operator_gets_through(fault: Fault, story: Story) -> None:
    found, rates = simulated(through(story, fault))
    print(f"{story.name}, {fault.__name__}: requests/s in each minute {rates}")
    assert found == without(story).status
    assert max(rates) <= MOST_PER_SECOND
    assert rates[-1] <= MOST_IN_THE_END


async def once(story: Story, fault: Fault, at: int) -> tuple[Any, int]:
    async with begun(story) as world:
        failing = Failing(world, at)
        failing.begin(fault)
        story.change(world)
        async with failing.running():
            await settled(world, LONGEST_SECONDS)
        check_objects(world)
        return status(world), failing.writes


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
@pytest.mark.parametrize("fault", faults.ONCE, ids=lambda fault: fault.__name__)
def test_an_operator_gets_through_at_any_write(fault: Fault, story: Story) -> None:
    whole = without(story)
    for at in moments(whole.writes):
        found, writes = simulated(once(story, fault, at))
        print(f"{story.name}, {fault.__name__} at write {at}: {writes} writes, {whole.writes} without it")
        assert found == whole.status, at
        assert writes <= 2 * whole.writes + 4, at
