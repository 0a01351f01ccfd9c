import time
from datetime import timedelta
from typing import Any

import pytest
from tracedpipeline import lookup, probe, waterfall
from tracedpipeline.lookup import NoTraceError

from tests.unit.operator.jaeger import SECOND, Jaeger, commit, message, serving


async def look(jaeger: Jaeger, told: list[str], **more: Any) -> list[Any]:
    async with serving(jaeger) as url, probe.open_session() as session:
        return await lookup.newest(probe.Jaeger(session, url, "orders"), told.append, **more)


def ago(seconds: float) -> int:
    return time.time_ns() - int(seconds * SECOND)


async def test_the_newest_trace_is_drawn_with_each_span_once() -> None:
    jaeger, told = Jaeger(), list[str]()
    jaeger.take(*message(ago(9)), *message(ago(2)))
    lines = waterfall.draw(await look(jaeger, told)).splitlines()
    assert [line.split("│")[0].split()[1] for line in lines[2:]] == ["send", "queue", "process"]
    assert not told


@pytest.mark.parametrize("topic", ["traced-topic", "clicks.v2"])
async def test_traces_are_found_though_the_newest_of_the_consumer_lack_the_producers_spans(topic: str) -> None:
    jaeger, told = Jaeger(), list[str]()
    for number in range(1500, 0, -1):  # 150 a second, of which the last 5 s of the producer are on their way
        send, *rest = message(ago(number / 150), topic=topic)
        jaeger.take(*rest, *([send] if number > 750 else []))
    assert len(await look(jaeger, told, patience=timedelta())) == 3


async def test_it_waits_for_spans_that_are_on_their_way_and_says_so() -> None:
    jaeger, told = Jaeger(), list[str]()
    send, *rest = message(ago(1))
    jaeger.take(*rest)

    def arrive(what: str) -> None:
        told.append(what)
        jaeger.take(send)

    async with serving(jaeger) as url, probe.open_session() as session:
        found = await lookup.newest(probe.Jaeger(session, url, "orders"), arrive)
    assert {span.span_id for span in found} == {"a", "b", "c"}
    assert len(told) == 1
    assert "looking again for up to 15 s" in told[0]


async def test_it_says_why_there_is_none() -> None:
    jaeger = Jaeger()
    jaeger.take(message(ago(1))[0], commit(ago(1)))
    with pytest.raises(NoTraceError, match=r"in the last 15 minutes at http.*no recent one of orders-consumer"):
        await look(jaeger, [], patience=timedelta())


async def test_an_empty_jaeger() -> None:
    with pytest.raises(NoTraceError, match="Jaeger has no recent span of orders-producer"):
        await look(Jaeger(), [], patience=timedelta())
