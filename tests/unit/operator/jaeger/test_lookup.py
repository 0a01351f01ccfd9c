import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tracedpipeline.api import TracedPipeline
from tracedpipeline.jaeger import lookup, waterfall
from tracedpipeline.jaeger.client import Jaeger
from tracedpipeline.jaeger.lookup import NoTraceError
from tracedpipeline.jaeger.search import find_traces
from tracedpipeline.observed import LastTrace
from tracedpipeline.untrusted.bounded_http import open_session

from tests.unit.operator.conftest import body
from tests.unit.operator.jaeger.fake import MS, SECOND, FakeJaeger, commit, message, serving


async def look(jaeger: FakeJaeger, told: list[str], **more: Any) -> tuple[list[Any], LastTrace]:
    async with serving(jaeger) as url, open_session() as session:
        return await lookup.newest(Jaeger(session, url, "orders"), told.append, **more)


async def drawn(jaeger: FakeJaeger, told: list[str]) -> list[str]:
    found, last = await look(jaeger, told)
    return waterfall.draw(found, last.end_to_end_milliseconds).splitlines()


def ago(seconds: float) -> int:
    return time.time_ns() - int(seconds * SECOND)


async def test_the_newest_trace_is_drawn_with_each_span_once() -> None:
    jaeger, told = FakeJaeger(), list[str]()
    jaeger.take(*message(ago(9)), *message(ago(2)))
    lines = await drawn(jaeger, told)
    assert [line.split("│")[0].split()[1] for line in lines[2:]] == ["send", "queue", "process"]
    assert not told


@pytest.mark.parametrize("topic", ["traced-topic", "clicks.v2"])
async def test_traces_are_found_though_the_newest_of_the_consumer_lack_the_producers_spans(topic: str) -> None:
    jaeger, told = FakeJaeger(), list[str]()
    for number in range(1500, 0, -1):  # 150 a second, of which the last 5 s of the producer are on their way
        send, *rest = message(ago(number / 150), topic=topic)
        jaeger.take(*rest, *([send] if number > 750 else []))
    assert len((await look(jaeger, told, patience=timedelta()))[0]) == 3


async def test_it_waits_for_spans_that_are_on_their_way_and_says_so() -> None:
    jaeger, told = FakeJaeger(), list[str]()
    send, *rest = message(ago(1))
    jaeger.take(*rest)

    def arrive(what: str) -> None:
        told.append(what)
        jaeger.take(send)

    async with serving(jaeger) as url, open_session() as session:
        found, _ = await lookup.newest(Jaeger(session, url, "orders"), arrive)
    assert {span.span_id for span in found} == {"a", "b", "c"}
    assert len(told) == 1
    assert "looking again for up to 15 s" in told[0]


async def test_it_says_why_there_is_none() -> None:
    jaeger = FakeJaeger()
    jaeger.take(message(ago(1))[0], commit(ago(1)))
    with pytest.raises(NoTraceError, match=r"in the last 15 minutes at http.*no recent one of orders-consumer"):
        await look(jaeger, [], patience=timedelta())


async def test_an_empty_jaeger() -> None:
    with pytest.raises(NoTraceError, match="Jaeger has no recent span of orders-producer"):
        await look(FakeJaeger(), [], patience=timedelta())


async def test_end_to_end_is_what_the_status_says_and_not_the_length_of_the_whole_trace() -> None:
    jaeger, sent = FakeJaeger(), ago(2)
    send, queue, process = message(sent)
    append = replace(queue, start=queue.start + 4_400_000)  # by LogAppendTime: less than from end to end
    total = replace(process, span_id="d", parent_id="c", name="total orders", start=process.end, end=process.end + MS)
    jaeger.take(send, append, process, total)
    async with serving(jaeger) as url, open_session() as session:
        _, last = await find_traces(session, TracedPipeline.parse(body()), url)
    assert last is not None
    (header, *_) = await drawn(jaeger, [])
    assert header == f"trace {send.trace_id}   end to end {last.end_to_end_milliseconds:.1f} ms, whole trace 31.0 ms"
    assert last.end_to_end_milliseconds == 30
