"""The proof is of this run: what an earlier one left in a kept store proves nothing."""

import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from tracedpipeline.api import TracedPipeline
from tracedpipeline.jaeger import lookup, search
from tracedpipeline.local import otlp
from tracedpipeline.local.errors import LocalError
from tracedpipeline.local.figures import Figures
from tracedpipeline.local.proving import Proof
from tracedpipeline.local.receiver import Receiver
from tracedpipeline.local.store import Store
from tracedpipeline.loopback import listen, serving
from tracedpipeline.verdict import Verdict

from tests.unit.operator.conftest import body
from tests.unit.operator.local.otlp import message


class Place:
    """A receiver's address, its store, and what was told."""

    def __init__(self, url: str, store: Store) -> None:
        self.url, self.store = url, store
        self.told: list[str] = []

    def take(self) -> None:
        self.store.take(otlp.received(message(time.time_ns()))[0])

    def proof(self, pipeline: TracedPipeline) -> Proof:
        return Proof(pipeline, self.url, self.told.append)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    store = Store(tmp_path)
    async with serving(Receiver(store, Figures()).application(), listen(0)) as url:
        yield Place(url, store)
    store.close()


async def test_the_first_connected_trace_is_drawn(place: Place, pipeline: TracedPipeline) -> None:
    proof = place.proof(pipeline)
    place.take()
    drawn = await proof.first()
    assert drawn.startswith(f"trace {proof.trace_id}   end to end 3.0 ms")
    assert place.told == ["TracesFlowing=True Flowing: a connected trace was read back from Jaeger"]


async def test_one_of_an_earlier_run_proves_nothing(place: Place, pipeline: TracedPipeline) -> None:
    place.take()
    with pytest.raises(LocalError, match=r"not True after 0 s: .* the newest connected trace is of an earlier run"):
        await place.proof(pipeline).first(patience=0)


async def test_without_any_the_reason_is_the_operators(place: Place, pipeline: TracedPipeline) -> None:
    with pytest.raises(LocalError, match=r"TracesFlowing is not True after 0 s: NoProducerSpans: Jaeger has no recent"):
        await place.proof(pipeline).first(patience=0)


async def test_where_none_is_to_come_nobody_waits(place: Place) -> None:
    pipeline = TracedPipeline.parse(body(consumer={"replicas": 0}))
    with pytest.raises(LocalError, match=r"TracesFlowing is not True: ScaledToZero: consumer.replicas is 0"):
        await place.proof(pipeline).first()


async def test_while_programs_start_the_page_does_not_call_it_a_fault(place: Place, pipeline: TracedPipeline) -> None:
    seen: list[Verdict] = []
    proof = Proof(pipeline, place.url, place.told.append, seen.append)
    with pytest.raises(LocalError, match="NoProducerSpans"):
        await proof.first(patience=0)
    assert (seen, place.told) == ([], [])
    proof._quiet_until = 0
    with pytest.raises(LocalError, match="NoProducerSpans"):
        await proof.first(patience=0)
    assert [each.reason for each in seen] == ["NoProducerSpans"]
    assert place.told[0].startswith("TracesFlowing=False NoProducerSpans: ")


HOUR = timedelta(hours=1)


@pytest.mark.parametrize("jump", [-HOUR, HOUR], ids=["back", "forward"])
async def test_a_clock_that_is_set_while_it_runs_keeps_no_trace_out(
    place: Place, pipeline: TracedPipeline, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    proof = place.proof(pipeline)
    before = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: before() + int(jump.total_seconds()) * 10**9)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            return cls.fromtimestamp(time.time_ns() / 1e9, tz)

    monkeypatch.setattr(search, "datetime", Clock)
    monkeypatch.setattr(lookup, "datetime", Clock)
    place.take()
    assert (await proof.first(patience=0)).startswith("trace ")
