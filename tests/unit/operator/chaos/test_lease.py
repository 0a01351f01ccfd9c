"""Of several operators one writes: the one that holds the Lease."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from tracedpipeline import observe
from tracedpipeline.health import Health
from tracedpipeline.kubernetes_api.lease import LOOK_SECONDS, RENEW_SECONDS, STOP_SECONDS
from tracedpipeline.kubernetes_api.lease_document import DURATION_SECONDS, LONGEST_SECONDS
from tracedpipeline.limits import MOST_SPREAD

from tests.unit.operator.chaos.clock import SimulatedLoop, simulated
from tests.unit.operator.chaos.cluster import LEASES, World
from tests.unit.operator.chaos.operators import Process, controlled, flowing, settled
from tests.unit.operator.chaos.stories import ANOTHER, check_objects
from tests.unit.operator.conftest import SETTINGS, body

LEASE = f"{LEASES}/operator"
STEP = 0.5
LOOK = LOOK_SECONDS * (1 + MOST_SPREAD)


@pytest.fixture(autouse=True)
def traces_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "find_traces", flowing)


def now() -> float:
    return asyncio.get_running_loop().time()


def writes(health: Health) -> bool:
    assert health.lease
    return health.lease.may_write()


@asynccontextmanager
async def operator(process: Process, pod: str) -> AsyncIterator[Health]:
    async with process.running(replace(SETTINGS, lease=("kit", "operator"), pod=pod)) as health:
        yield health


@asynccontextmanager
async def two() -> AsyncIterator[tuple[World, Process, Process, list[Health]]]:
    """Yield two operators of which the first writes; at no time do both."""
    world = World()
    world.write_pipeline(body())
    first, second = Process(world), Process(world)
    async with controlled(world), operator(first, "a") as a:
        await until(lambda: writes(a))
        async with operator(second, "b") as b:
            watching = asyncio.create_task(never_both(a, b))
            await settled(world)
            yield world, first, second, [a, b]
            assert not watching.done(), "both may write"
            watching.cancel()


async def never_both(a: Health, b: Health) -> None:
    while not (writes(a) and writes(b)):
        await asyncio.sleep(STEP)


async def until(look: Callable[[], bool]) -> float:
    """Wait for something, and return how long it took."""
    began = now()
    async with asyncio.timeout(1000):
        while not look():
            await asyncio.sleep(STEP)
    return now() - began


def edit(world: World, **spec: Any) -> None:
    found = world.objects[LEASE]
    world._write(LEASE, found | {"spec": found["spec"] | spec})


def test_of_two_operators_one_writes() -> None:
    async def story() -> None:
        async with two() as (world, first, second, [_, b]):
            world.write_pipeline(body(producer=ANOTHER))
            await settled(world)
            check_objects(world)
            assert first.writes > 0 == second.writes
            assert b.lease and b.lease.described() == "standing by: a writes"

    simulated(story())


def test_the_lease_costs_a_request_in_five_seconds() -> None:
    async def story() -> float:
        async with two() as (_, first, _, _):
            first.of_lease = 0
            await asyncio.sleep(300)
            return first.of_lease / 300

    rate = simulated(story())
    print(f"{rate:.2f} requests/s for the Lease")
    assert 0.1 < rate <= 0.2


def test_an_operator_that_ends_hands_over() -> None:
    async def story() -> float:
        world = World()
        world.write_pipeline(body())
        async with controlled(world), AsyncExitStack() as ending:
            old = await ending.enter_async_context(operator(Process(world), "old"))
            await until(lambda: writes(old))
            async with operator(Process(world), "new") as new:
                await settled(world)
                world.write_pipeline(body(producer=ANOTHER))
                await ending.aclose()
                took = await until(lambda: writes(new))
                assert world.objects[LEASE]["spec"]["holderIdentity"] == "new"
                await settled(world)
                check_objects(world)
                return took

    took = simulated(story())
    print(f"handed over within {took:.1f} s")
    assert took <= LOOK + STEP


def test_one_that_is_killed_is_replaced_after_the_leases_duration() -> None:
    async def story() -> tuple[float, float]:
        async with two() as (world, first, _, [a, b]):
            renewed = world.objects[LEASE]["metadata"]["resourceVersion"]
            await until(lambda: world.objects[LEASE]["metadata"]["resourceVersion"] != renewed)
            first.dead.set()
            stopped = await until(lambda: not writes(a))
            took = stopped + await until(lambda: writes(b))
            world.write_pipeline(body(producer=ANOTHER))
            await settled(world)
            check_objects(world)
            return stopped, took

    stopped, took = simulated(story())
    print(f"the first stopped after {stopped:.1f} s, the second took over after {took:.1f} s")
    assert stopped <= STOP_SECONDS + STEP
    assert DURATION_SECONDS - LOOK <= took <= DURATION_SECONDS + 2 * LOOK


def test_a_container_that_is_restarted_goes_on_at_once() -> None:
    async def story() -> float:
        async with two() as (world, first, _, [_, b]):
            first.dead.set()
            async with operator(Process(world), "a") as again:
                took = await until(lambda: writes(again))
                await asyncio.sleep(DURATION_SECONDS * 2)
                assert writes(again)
                assert not writes(b)
                return took

    assert simulated(story()) <= STEP


def test_an_api_server_that_is_away_for_longer_than_the_lease_stops_both() -> None:
    async def story() -> None:
        async with two() as (world, first, second, [a, b]):
            first.dead.set()
            second.dead.set()
            await until(lambda: not writes(a))
            # As a human would, with another client.
            world.write_pipeline(body(producer=ANOTHER))
            await asyncio.sleep(300)
            assert not (writes(a) or writes(b))
            first.dead.clear()
            second.dead.clear()
            await until(lambda: writes(a) or writes(b))
            await settled(world)
            check_objects(world)

    simulated(story())


@pytest.mark.parametrize("year", [1970, 2100])
@pytest.mark.parametrize(("seconds", "waits"), [(DURATION_SECONDS, DURATION_SECONDS), (10**9, LONGEST_SECONDS)])
def test_no_other_clock_has_to_be_right(year: int, seconds: int, waits: float) -> None:
    async def story() -> float:
        world = World()
        spec = {"holderIdentity": "other", "leaseDurationSeconds": seconds, "renewTime": f"{year}-01-01T00:00:00.0Z"}
        world._write(LEASE, {"metadata": {"name": "operator", "namespace": "kit", "uid": "x"}, "spec": spec})
        async with operator(Process(world), "a") as a:
            return await until(lambda: writes(a))

    assert waits <= simulated(story()) <= waits + LOOK + STEP


def test_a_lease_that_somebody_takes_away_is_lost_at_once() -> None:
    async def story() -> None:
        async with two() as (world, first, _, [a, _]):
            edit(world, holderIdentity="person")
            assert await until(lambda: not writes(a)) <= RENEW_SECONDS * (1 + MOST_SPREAD) + STEP < STOP_SECONDS
            before = first.writes
            world.write_pipeline(body(producer=ANOTHER))
            await asyncio.sleep(DURATION_SECONDS - LOOK)
            assert first.writes == before
            await settled(world)
            check_objects(world)

    simulated(story())


def test_a_lease_that_is_deleted_is_made_again() -> None:
    async def story() -> None:
        async with two() as (world, _, _, [a, b]):
            world.remove(LEASE)
            await until(lambda: LEASE in world.objects)
            await asyncio.sleep(LOOK * 3)
            assert writes(a) != writes(b)

    simulated(story())


def test_a_process_that_stood_still_writes_nothing_when_it_goes_on() -> None:
    async def story() -> None:
        async with two() as (_, _, _, [a, _]):
            loop = asyncio.get_running_loop()
            assert isinstance(loop, SimulatedLoop)
            assert writes(a)
            loop.now += STOP_SECONDS
            assert not writes(a)

    simulated(story())
