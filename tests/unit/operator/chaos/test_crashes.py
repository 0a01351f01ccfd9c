"""The operator ends at its k-th write, for every k: after a restart there is exactly what there should be."""

import itertools

import pytest
from tracedpipeline import observe

from tests.unit.operator.chaos import stories
from tests.unit.operator.chaos.clock import simulated
from tests.unit.operator.chaos.cluster import ORDERS, World
from tests.unit.operator.chaos.operators import Process, flowing, settled
from tests.unit.operator.chaos.stories import Story, made
from tests.unit.operator.chaos.sweep import SETTLED_SECONDS, begun, ended_or_settled, moments, told

# So long a new process takes; the cluster goes on meanwhile.
AWAY_SECONDS = 5.0


@pytest.fixture(autouse=True)
def traces_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "find_traces", flowing)


def name(story: Story) -> str:
    return story.name


@pytest.mark.parametrize("story", stories.ALL, ids=name)
def test_an_operator_that_ends_at_any_write_goes_on_where_it_was(story: Story) -> None:
    whole = simulated(told(story))
    assert whole.status["conditions"][-1]["reason"] == "AllAvailable"
    print(f"{story.name}: {whole.writes} writes")
    for at, done, away in itertools.product(moments(whole.writes), (False, True), (0.0, AWAY_SECONDS)):
        found = simulated(told(story, at, done=done, away=away))
        what = f"{story.name}: ended at write {at}, {'done' if done else 'not done'}, away for {away:.0f} s"
        print(f"{what}: {found.again} writes afterwards")
        assert (found.status, found.ended_jobs) == (whole.status, whole.ended_jobs), what
        assert found.again <= whole.writes, what


async def deleted(story: Story, at: int, *, done: bool, ends: bool) -> int:
    """Let the pipeline be deleted while the operator writes; returns how much it has written by then, and after."""
    async with begun(story) as world:
        story.change(world)

        def delete(_: World) -> None:
            world.remove(ORDERS)
            if ends:
                process.dead.set()

        process = Process(world, at, done=done, strikes=delete)
        async with process.running():
            await ended_or_settled(process, world)
        if at == 0:
            return process.writes
        before = len(world.writes)
        async with Process(world).running():
            await settled(world, SETTLED_SECONDS)
        assert made(world) == {}
        return len(world.writes) - before


@pytest.mark.parametrize("story", [stories.FIRST, stories.UPDATE, stories.UPGRADE], ids=name)
def test_a_pipeline_that_is_deleted_at_any_write_leaves_nothing(story: Story) -> None:
    writes = simulated(deleted(story, 0, done=False, ends=False))
    for at, done, ends in itertools.product(moments(writes), (False, True), (False, True)):
        again = simulated(deleted(story, at, done=done, ends=ends))
        assert again == 0, f"deleted at write {at}"
