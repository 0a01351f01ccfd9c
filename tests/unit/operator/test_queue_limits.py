"""How often the queue runs what, and who comes first. Nothing is timed: what waits is seen to wait."""

import asyncio
import random

import pytest
from tracedpipeline import limits, queue
from tracedpipeline.kubernetes_api.apply import NotWrittenError
from tracedpipeline.kubernetes_api.errors import BusyError
from tracedpipeline.limits import Bucket, Slots, Turns
from tracedpipeline.queue import Queue

from tests.unit.operator.test_queue import Clock, Once, Work, until


async def settle() -> None:
    """Let everything run that can without that time passes."""
    for _ in range(50):
        await asyncio.sleep(0)


def test_a_bucket_is_emptied_and_filled_again_at_its_rate() -> None:
    bucket = Bucket(per_second=2.0, at_once=3)
    taken = 0
    while bucket.wait(100.0) == 0.0:
        bucket.take(100.0)
        taken += 1
    assert taken == 3
    assert bucket.wait(100.0) == pytest.approx(0.5)
    assert bucket.wait(100.5) == 0.0


def test_a_bucket_that_rested_holds_no_more_than_may_be_taken_at_once() -> None:
    bucket = Bucket(per_second=1.0, at_once=2)
    for now in (0.0, 0.0, 1000.0, 1000.0):
        bucket.take(now)
    assert bucket.wait(1000.0) == pytest.approx(1.0)


async def test_a_storm_of_events_runs_a_key_as_often_as_its_bucket_allows() -> None:
    work = Work()
    work.may_end.set()
    pipelines = Queue(work)
    for _ in range(500):
        pipelines.add("a")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    await settle()
    assert len(work.runs) == queue.KEY_AT_ONCE
    pipelines.add("b")
    await until(lambda: "b" in work.runs)
    await pipelines.stop()


async def test_all_keys_together_run_as_often_as_the_common_bucket_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracedpipeline.queue.ALL_PER_SECOND", 0.001)
    work = Work()
    pipelines = Queue(work)
    for number in range(2 * queue.ALL_AT_ONCE):
        pipelines.add(str(number))
    await settle()
    assert len(work.runs) == queue.ALL_AT_ONCE
    assert pipelines.oldest_unserved_seconds() >= 0.0
    await pipelines.stop()


async def test_a_changed_spec_is_served_before_what_waits_already(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracedpipeline.queue.ALL_PER_SECOND", 20.0)
    monkeypatch.setattr("tracedpipeline.queue.ALL_AT_ONCE", 1)
    work = Work()
    pipelines = Queue(work)
    for number in range(50):
        pipelines.add(str(number))
    await settle()
    pipelines.add("new", changed=True)
    await until(lambda: len(work.runs) == 2)
    assert work.runs == ["0", "new"]
    await pipelines.stop()


async def test_what_waits_already_comes_first_once_it_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracedpipeline.queue.ALL_PER_SECOND", 20.0)
    monkeypatch.setattr("tracedpipeline.queue.ALL_AT_ONCE", 1)
    work = Work()
    pipelines = Queue(work)
    pipelines.add("0")
    await until(lambda: work.runs == ["0"])
    for number in range(1, 50):
        pipelines.add(str(number), changed=number == 49)
    pipelines.add("49")
    await until(lambda: len(work.runs) == 2)
    assert work.runs == ["0", "49"]
    await pipelines.stop()


async def test_what_was_served_waits_like_any_other_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracedpipeline.queue.ALL_PER_SECOND", 20.0)
    monkeypatch.setattr("tracedpipeline.queue.ALL_AT_ONCE", 1)
    work = Work()
    work.may_end.set()
    pipelines = Queue(work)
    pipelines.add("a", changed=True)
    await until(lambda: work.runs == ["a"])
    await settle()
    pipelines.add("b")
    await settle()
    pipelines.add("a")
    await until(lambda: len(work.runs) == 2)
    assert work.runs == ["a", "b"]
    await pipelines.stop()


async def test_for_how_long_a_key_has_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    now, runs, ends = [1000.0], list[str](), [asyncio.Event(), asyncio.Event()]
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now[0])

    async def work(key: str) -> float:
        runs.append(key)
        await ends[len(runs) - 1].wait()
        return 3600.0

    pipelines = Queue(work)
    assert pipelines.oldest_unserved_seconds() == 0.0
    pipelines.add("a")
    now[0] = 1005.0
    pipelines.add("a")
    assert pipelines.oldest_unserved_seconds() == 5.0
    await until(lambda: runs == ["a"])
    assert pipelines.oldest_unserved_seconds() == 5.0, "until the run has ended"
    now[0] = 1007.0
    pipelines.add("a")
    ends[0].set()
    await until(lambda: runs == ["a", "a"])
    now[0] = 1009.0
    assert pipelines.oldest_unserved_seconds() == 2.0, "since the end of the run that it came in"
    ends[1].set()
    await until(lambda: pipelines.oldest_unserved_seconds() == 0.0)
    await pipelines.stop()


async def test_who_gave_up_waiting_takes_no_turn() -> None:
    turns = Turns(Bucket(20.0, 1))
    await turns.turn(urgent=False)
    gone = asyncio.create_task(turns.turn(urgent=True))
    stays = asyncio.create_task(turns.turn(urgent=False))
    await settle()
    gone.cancel()
    await stays
    assert gone.cancelled()


async def test_what_is_awaited_is_looked_at_less_and_less_until_something_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tracedpipeline.queue.KEY_PER_SECOND", 1e9)
    clock = Clock(monkeypatch)
    work = Work()
    work.again = queue.FIRST_WAIT_SECONDS
    work.may_end.set()
    pipelines = Queue(work)
    pipelines.add("a")
    await until(lambda: len(clock.seconds) >= 12)
    assert clock.seconds[:4] == [1.0, 1.5, 2.25, 3.375]
    assert clock.seconds[11] == queue.LONGEST_WAIT_SECONDS
    pipelines.add("a")
    seen = len(clock.seconds)
    await until(lambda: 1.0 in clock.seconds[seen:])
    await pipelines.stop()


async def test_what_rests_is_looked_at_as_often_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracedpipeline.queue.KEY_PER_SECOND", 1e9)
    clock = Clock(monkeypatch)
    work = Work()
    work.again = 15.0
    work.may_end.set()
    pipelines = Queue(work)
    pipelines.add("a")
    await until(lambda: len(clock.seconds) >= 20)
    assert set(clock.seconds) == {15.0}
    await pipelines.stop()


BUSY = BusyError("patch: too many requests", "too many requests", 30.0)


@pytest.mark.parametrize(
    "error", [BUSY, NotWrittenError("Deployment", "orders", BUSY), ExceptionGroup("not done", [ValueError(), BUSY])]
)
async def test_no_event_shortens_what_the_api_server_wants_to_be_left_alone_for(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    def spread(seconds: float) -> float:
        slept.append(seconds)
        return seconds

    monkeypatch.setattr("tracedpipeline.queue.spread", spread)
    runs: list[str] = []
    once = Once(error)

    async def work(key: str) -> float | None:
        runs.append(key)
        return await once(key)

    pipelines = Queue(work)
    pipelines.add("a")
    await until(lambda: slept == [30.0])
    for _ in range(20):
        pipelines.add("a", changed=True)
        await asyncio.sleep(0)
    assert runs == ["a"]
    await pipelines.stop()


async def test_a_full_namespace_delays_no_other() -> None:
    slots, order = Slots(2), list[str]()
    forever = asyncio.Event()

    async def hold(namespace: str) -> None:
        async with slots.of(namespace):
            order.append(namespace)
            await forever.wait()

    tasks = [asyncio.create_task(hold("full")) for _ in range(150)]
    await settle()
    tasks.append(asyncio.create_task(hold("other")))
    await until(lambda: "other" in order)
    assert order == ["full", "full", "other"]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def test_waits_are_spread_by_random_numbers_of_their_own() -> None:
    before = random.getstate()
    waits = {limits.spread(10.0) for _ in range(100)}
    assert random.getstate() == before
    assert len(waits) > 1
    assert all(10.0 <= wait <= 12.0 for wait in waits)
