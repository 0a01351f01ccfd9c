import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tracedpipeline import reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.jaeger.search import find_traces
from tracedpipeline.jaeger.traces import Span
from tracedpipeline.jaeger.window import window_of
from tracedpipeline.untrusted.bounded_http import open_session

from tests.unit.operator.conftest import body
from tests.unit.operator.jaeger.fake import SECOND, FakeJaeger, commit, kept_late, message, serving


@pytest.fixture
async def jaeger() -> AsyncIterator[tuple[FakeJaeger, str]]:
    answers = FakeJaeger()
    async with serving(answers) as url:
        yield answers, url


async def ask(url: str, **spec: Any) -> tuple[Any, Any]:
    async with open_session() as session:
        return await find_traces(session, TracedPipeline.parse(body(**spec)), url)


def ago(seconds: float) -> int:
    return time.time_ns() - int(seconds * SECOND)


async def test_a_connected_trace(jaeger: tuple[FakeJaeger, str]) -> None:
    answers, url = jaeger
    answers.take(*message(ago(2)))
    verdict, last = await ask(url)
    assert verdict.reason == reasons.FLOWING
    assert last.end_to_end_milliseconds == 30.0


async def test_both_ends_are_asked_for_by_their_operation(jaeger: tuple[FakeJaeger, str]) -> None:
    answers, url = jaeger
    answers.take(*message(ago(2), topic="orders"))
    assert (await ask(url, kafka={"bootstrapServers": "k:9092", "topic": {"name": "orders"}}))[0].ok
    assert {(query["query.service_name"], query["query.operation_name"]) for query in answers.asked} == {
        ("orders-producer", "send orders"),
        ("orders-consumer", "process orders"),
    }


async def test_jaegers_memory_is_read_as_it_is(jaeger: tuple[FakeJaeger, str]) -> None:
    """Without raw_traces each read adds the warnings of Jaeger's adjustments to what it has in memory."""
    await ask(jaeger[1])
    assert {query["query.raw_traces"] for query in jaeger[0].asked} == {"true"}


async def test_commits_do_not_crowd_out_what_a_late_consumer_does(jaeger: tuple[FakeJaeger, str]) -> None:
    answers, url = jaeger
    for second in range(300, 0, -1):  # one message a second is processed of those of 4 minutes ago, and committed
        send, queue, process = message(ago(second), waited=240)
        answers.take(send, *([queue, process] if second > 240 else []))
        answers.take(commit(ago(second)))
    verdict, last = await ask(url)
    assert verdict.reason == reasons.FLOWING
    assert last.end_to_end_milliseconds == pytest.approx(240_020, abs=50)


def producers_last(answers: FakeJaeger, spans: list[Span]) -> None:
    """Play a producer whose batch of spans comes seconds after the consumer's."""
    send, *rest = spans
    answers.take(*rest, *([send] if send.start < ago(5) else []))


def consumers_last(answers: FakeJaeger, spans: list[Span]) -> None:
    """Play the opposite."""
    send, *rest = spans
    answers.take(send, *(rest if send.start < ago(5) else []))


@pytest.mark.parametrize("arrive", [producers_last, consumers_last])
@pytest.mark.parametrize("skew", [0, -600, 600, 86_400], ids="producer's clock {:+d} s".format)
async def test_whose_batch_comes_last_does_not_matter(
    jaeger: tuple[FakeJaeger, str], arrive: Callable[[FakeJaeger, list[Span]], None], skew: float
) -> None:
    answers, url = jaeger
    for number in range(6000, 0, -1):  # 150 a second
        spans = message(ago(number / 150), skew=skew)
        # What has arrived is not told by the producer's clock.
        arrive(answers, [replace(spans[0], start=ago(number / 150)), *spans[1:]])
        answers.kept[spans[0].trace_id] = [
            spans[0] if span.span_id == "a" else span for span in answers.kept[spans[0].trace_id]
        ]
    assert (await ask(url))[0].reason == reasons.FLOWING


async def test_two_producers_whose_batches_come_in_turn(jaeger: tuple[FakeJaeger, str]) -> None:
    """The newest of one lack what the consumer does, those of the consumer lack what the other producer does."""
    answers, url = jaeger
    for number in range(6000, 0, -1):
        answers.take(*message(ago(10 + number / 100)))
    for number in range(100, 0, -1):
        answers.take(*message(ago(5 + number / 100))[1:])
    for number in range(100, 0, -1):
        answers.take(message(ago(number / 100))[0])
    assert (await ask(url))[0].reason == reasons.FLOWING


async def test_what_comes_last_is_waited_for(jaeger: tuple[FakeJaeger, str]) -> None:
    answers, url = jaeger
    answers.take(*message(ago(3))[1:])
    answers.take(message(ago(2))[0])
    verdict, _ = await ask(url)
    assert (verdict.ok, verdict.reason) == (None, reasons.WAITING_FOR_SPANS)


async def test_a_consumer_so_late_that_jaeger_has_forgotten(jaeger: tuple[FakeJaeger, str]) -> None:
    """50 a second are sent, 5 processed: the spans of what is processed now are gone from Jaeger."""
    answers, url = jaeger
    answers.most = 200
    for tick in range(60 * 50, 0, -1):
        answers.take(message(ago(tick / 50))[0])
        if tick % 10 == 0:
            answers.take(*message(ago(tick / 50 + 500), waited=500)[1:])
    verdict, _ = await ask(url)
    assert (verdict.ok, verdict.reason) == (None, reasons.CONSUMER_BEHIND)
    assert "about 8 min" in verdict.message


@pytest.mark.parametrize("waited", [0.01, 240], ids=["failing messages", "a backlog"])
async def test_messages_that_were_kept_do_not_crowd_out_the_sampled(
    jaeger: tuple[FakeJaeger, str], waited: float
) -> None:
    """One in a hundred is sampled, and all others are kept."""
    answers, url = jaeger
    for tick in range(6000, 0, -1):  # 20 a second are sent, and as many processed
        spans = message(ago(tick / 20), waited=waited)
        processed = tick / 20 > waited
        if tick % 100 == 0:
            answers.take(*(spans if processed else spans[:1]))
        elif processed:
            answers.take(*kept_late(spans))
    verdict, _ = await ask(url, tracing={"samplingRatio": 0.01}, producer={"ratePerSecond": 20})
    assert verdict.reason == reasons.FLOWING


def without_header(spans: list[Span]) -> list[Span]:
    send, queue, process = spans
    return [send, *(replace(span, trace_id=f"{span.trace_id}-") for span in (replace(queue, parent_id=""), process))]


def with_anothers_header(spans: list[Span]) -> list[Span]:
    send, queue, process = spans
    return [send, *(replace(span, trace_id=f"{span.trace_id}-") for span in (queue, process))]


@pytest.mark.parametrize("waited", [0.01, 20], ids=["a consumer in time", "a late consumer"])
@pytest.mark.parametrize("on_the_way", [without_header, with_anothers_header])
async def test_a_dropped_header_is_found(
    jaeger: tuple[FakeJaeger, str], on_the_way: Callable[[list[Span]], list[Span]], waited: float
) -> None:
    answers, url = jaeger
    for tick in range(1200, 0, -1):
        answers.take(*on_the_way(message(ago(tick / 10 + waited), waited=waited)), commit(ago(tick / 10)))
    assert (await ask(url))[0].reason == reasons.TRACES_NOT_CONNECTED


async def test_a_dropped_header_is_found_at_once(jaeger: tuple[FakeJaeger, str]) -> None:
    answers, url = jaeger
    answers.take(*without_header(message(ago(1))))
    assert (await ask(url))[0].reason == reasons.TRACES_NOT_CONNECTED


async def test_strangers_without_a_header_in_the_topic(jaeger: tuple[FakeJaeger, str]) -> None:
    answers, url = jaeger
    answers.take(*message(ago(50)))
    for tick in range(300, 0, -1):
        answers.take(*without_header(message(ago(tick / 10)))[1:])
    assert (await ask(url))[0].reason == reasons.FLOWING


async def test_a_producer_whose_spans_get_lost(jaeger: tuple[FakeJaeger, str]) -> None:
    answers, url = jaeger
    for tick in range(1200, 0, -1):
        answers.take(*message(ago(tick / 10))[1:])
    assert (await ask(url))[0].reason == reasons.NO_PRODUCER_SPANS


async def test_a_consumer_that_does_nothing_but_commit(jaeger: tuple[FakeJaeger, str]) -> None:
    answers, url = jaeger
    for second in range(60, 0, -1):
        answers.take(message(ago(second))[0], commit(ago(second)))
    assert (await ask(url))[0].reason == reasons.NO_CONSUMER_SPANS


async def test_no_traces_is_an_answer(jaeger: tuple[FakeJaeger, str]) -> None:
    assert (await ask(jaeger[1]))[0].reason == reasons.NO_PRODUCER_SPANS


@pytest.mark.parametrize(
    ("status", "text"),
    [(404, "not here"), (404, "{}"), (500, '{"error": {"httpCode": 500}}'), (200, "<html>")],
    ids=["a 404 of somebody else", "a 404 without words", "500", "a page"],
)
async def test_an_answer_that_is_not_jaegers_is_a_fault(jaeger: tuple[FakeJaeger, str], status: int, text: str) -> None:
    answers, url = jaeger
    answers.status, answers.text = status, text
    verdict, last = await ask(url)
    assert (verdict.reason, last) == (reasons.JAEGER_UNREACHABLE, None)
    assert url in verdict.message


async def test_nobody_answers() -> None:
    assert (await ask("http://127.0.0.1:9"))[0].reason == reasons.JAEGER_UNREACHABLE


async def test_without_sampling_there_is_nothing_to_ask() -> None:
    verdict, _ = await ask("http://127.0.0.1:9", tracing={"samplingRatio": 0})
    assert (verdict.ok, verdict.reason) == (None, reasons.SAMPLING_OFF)


@pytest.mark.parametrize("component", ["producer", "consumer"])
async def test_without_pods_there_is_nothing_to_ask(component: str) -> None:
    verdict, _ = await ask("http://127.0.0.1:9", **{component: {"replicas": 0}})
    assert (verdict.ok, verdict.reason) == (None, reasons.SCALED_TO_ZERO)
    assert verdict.message.startswith(f"{component}.replicas is 0")


@pytest.mark.parametrize(
    ("rate", "processing", "seconds"),
    [(10, "20ms", 60), (0.1, "20ms", 100), (0.01, "20ms", 1000), (10, "30s", 300), (10, "0ms", 60)],
)
def test_a_slow_pipeline_is_given_time(rate: float, processing: str, seconds: float) -> None:
    pipeline = TracedPipeline.parse(body(producer={"ratePerSecond": rate}, consumer={"processingTime": processing}))
    assert window_of(pipeline) == timedelta(seconds=seconds)
