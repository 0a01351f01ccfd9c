"""Leaving a process span's block is no failure."""

import asyncio
from collections.abc import Iterator

import pytest
from confluent_kafka import Message
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Span, StatusCode

from tests.unit.kafkatrace.handmade import Inbox, message
from tests.unit.kafkatrace.recording import Recorder, say


def ended(recorder: Recorder) -> ReadableSpan:
    return recorder.span("process")


def test_a_generator_whose_caller_breaks(recorder: Recorder) -> None:
    inbox = Inbox(recorder.tracing)

    def orders() -> Iterator[Message]:
        record = message()
        with inbox.process(record):
            yield record

    for _ in orders():
        break
    assert ended(recorder).status.status_code is StatusCode.UNSET
    assert say(ended(recorder), "error.type") is None
    assert ended(recorder).events == ()


async def test_a_task_that_is_cancelled(recorder: Recorder) -> None:
    inbox, entered = Inbox(recorder.tracing), asyncio.Event()

    async def handle() -> None:
        with inbox.take():
            entered.set()
            await asyncio.sleep(3600)

    task = asyncio.create_task(handle())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended(recorder).status.status_code is StatusCode.UNSET
    assert say(ended(recorder), "error.type") is None


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(1), StopIteration()])
def test_all_else_is_a_failure(recorder: Recorder, error: BaseException) -> None:
    entered: list[Span] = []
    with pytest.raises(type(error)), Inbox(recorder.tracing).take() as span:
        entered.append(span)
        raise error
    assert ended(recorder).status.status_code is StatusCode.ERROR
    assert say(ended(recorder), "error.type") == type(error).__name__
