"""What is read of an answer, and what is not; each hostile answer against each of those who ask."""

import asyncio
import threading
import tracemalloc
from collections.abc import Awaitable, Callable
from contextlib import suppress

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler
from tracedpipeline import naming, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.flink import client
from tracedpipeline.flink.client import JobManagerError
from tracedpipeline.jaeger.search import find_traces
from tracedpipeline.kafka import denials
from tracedpipeline.untrusted import bounded_http
from tracedpipeline.untrusted.bounded_http import Limits, NoAnswerError
from tracedpipeline.untrusted.budget import Budget
from tracedpipeline.untrusted.documents import Document

from tests.unit.operator.conftest import body
from tests.unit.operator.hostile import (
    BOMB,
    ENDLESS_HEADS,
    MEBIBYTE,
    NOT_HTTP,
    Answering,
    Hostile,
    broken_off,
    dripping,
    endless,
    fixed,
    head,
    hostile,
    silent,
)

__all__ = ["hostile"]
LIMITS = Limits(1000, seconds=5)


def both(status: int, document: Document) -> tuple[int, Document]:
    return status, document


async def refusal(hostile: Hostile, answering: Answering, limits: Limits = LIMITS) -> str:
    hostile.answering = answering
    async with bounded_http.open_session() as session:
        with pytest.raises(NoAnswerError) as caught:
            await bounded_http.ask_for_document(session, "get", hostile.url, limits, both)
    return str(caught.value)


@pytest.mark.parametrize(
    ("answering", "words"),
    [
        (endless, "answers with more than 1000 bytes"),
        (fixed(b" " * 1001), "answers with more than 1000 bytes"),
        (BOMB, "answers compressed, which was not requested"),
        (fixed(b"<html>", "503 Service Unavailable"), "answers with status 503 and no document: no JSON"),
        (fixed(b""), "answers with status 200 and no document: no JSON"),
        (broken_off, "does not answer: Response payload is not completed"),
        (NOT_HTTP, "does not answer: "),
    ],
    ids=["endless", "a byte too many", "bomb", "a page", "nothing", "broken off", "not HTTP"],
)
async def test_what_is_no_answer(hostile: Hostile, answering: Answering, words: str) -> None:
    assert (await refusal(hostile, answering)).startswith(words)


@pytest.mark.parametrize("answering", [silent, dripping])
async def test_the_time_is_that_of_the_whole_answer(hostile: Hostile, answering: Answering) -> None:
    words = await refusal(hostile, answering, Limits(1000, seconds=0.1))
    assert words == "does not answer within 0.1 s"


@pytest.mark.parametrize("name", ENDLESS_HEADS)
async def test_what_is_sent_around_an_answer_is_bounded_in_bytes(
    hostile: Hostile, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = count_received(monkeypatch)
    hostile.answering = ENDLESS_HEADS[name]
    async with bounded_http.open_session() as session:
        with suppress(NoAnswerError):
            await bounded_http.ask(session, "get", hostile.url, Limits(1000, seconds=60))
    assert sum(received) < 2 * MEBIBYTE


def count_received(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the bytes that connections take be counted."""
    received: list[int] = []
    take = ResponseHandler.data_received

    def count(self: ResponseHandler, data: bytes) -> None:
        received.append(len(data))
        take(self, data)

    monkeypatch.setattr(ResponseHandler, "data_received", count)
    return received


async def test_a_peer_that_never_ends_its_handshake_has_as_long_as_any_other(hostile: Hostile) -> None:
    url = hostile.url.replace("http:", "https:")
    async with bounded_http.open_session() as session:
        with pytest.raises(NoAnswerError, match=r"does not answer within 0\.1 s"):
            await bounded_http.ask(session, "get", url, Limits(1000, seconds=0.1))


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_no_redirect_is_followed(hostile: Hostile, status: str) -> None:
    words = await refusal(hostile, fixed(b"", status, f"Location: {hostile.url}/elsewhere"))
    assert words == f"answers with a redirect (status {status[:3]}), which is not followed"
    assert hostile.paths == ["/"]


async def test_what_fits_is_the_answer(hostile: Hostile) -> None:
    content = b'{"a": "' + b"x" * 991 + b'"}'
    hostile.answering = fixed(content, "404 Not Found")
    async with bounded_http.open_session() as session:
        status, document = await bounded_http.ask_for_document(session, "get", hostile.url, LIMITS, both)
    assert (len(content), status, document) == (1000, 404, {"a": "x" * 991})


async def test_of_a_text_the_beginning_is_enough(hostile: Hostile) -> None:
    hostile.answering = endless
    async with bounded_http.open_session() as session:
        answer = await bounded_http.ask(session, "get", hostile.url, LIMITS)
    assert (answer.text, answer.whole) == ("[" * 1000, False)


LARGE = b'{"a": "' + b"x" * MEBIBYTE + b'"}'
ROOMY = Limits(2 * MEBIBYTE, seconds=60)


async def test_a_large_document_is_read_in_the_thread_and_a_small_one_is_not(hostile: Hostile) -> None:
    threads = []

    def note(*_: object) -> None:
        threads.append(threading.current_thread())

    async with bounded_http.open_session() as session:
        for content in (LARGE, b'{"a": 1}'):
            hostile.answering = fixed(content)
            await bounded_http.ask_for_document(session, "get", hostile.url, ROOMY, note)
    assert [thread is threading.main_thread() for thread in threads] == [False, True]


async def test_large_documents_are_read_one_at_a_time(hostile: Hostile) -> None:
    hostile.answering, at_once, most = fixed(LARGE), [0], [0]

    def count(*_: object) -> None:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        threading.Event().wait(0.01)
        at_once[0] -= 1

    async with bounded_http.open_session() as session, asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(bounded_http.ask_for_document(session, "get", hostile.url, ROOMY, count))
    assert most == [1]


async def test_of_all_answers_together_only_so_much_is_held(hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that sends much and never ends its answer makes room for others."""
    monkeypatch.setattr(bounded_http, "_BUDGET", Budget(3 * MEBIBYTE))
    much = asyncio.Event()

    async def stays(writer: asyncio.StreamWriter) -> None:
        writer.write(head("200 OK", f"Content-Length: {3 * MEBIBYTE}") + b" " * (2 * MEBIBYTE + MEBIBYTE // 2))
        await writer.drain()
        much.set()
        await asyncio.Event().wait()

    hostile.answering = stays
    limits = Limits(4 * MEBIBYTE, seconds=60)
    async with bounded_http.open_session() as session:
        staying = asyncio.create_task(bounded_http.ask(session, "get", hostile.url, limits))
        await much.wait()
        hostile.answering = fixed(LARGE)
        assert await bounded_http.ask_for_document(session, "get", hostile.url, limits, both)
        with pytest.raises(NoAnswerError, match=r"answers with much, while others do, too"):
            await staying


async def test_no_cookie_of_one_pipeline_reaches_another(hostile: Hostile) -> None:
    hostile.answering = fixed(b"{}", "200 OK", "Set-Cookie: id=1; Domain=localhost")
    async with bounded_http.open_session() as session:
        await bounded_http.ask(session, "get", f"http://localhost:{hostile.port}", LIMITS)
        assert len(session.cookie_jar) == 0


async def ask_jaeger(session: aiohttp.ClientSession, hostile: Hostile) -> str:
    verdict, trace = await find_traces(session, TracedPipeline.parse(body()), hostile.url)
    assert (verdict.reason, trace) == (reasons.JAEGER_UNREACHABLE, None)
    return verdict.message


async def ask_job_manager(session: aiohttp.ClientSession, hostile: Hostile) -> str:
    with pytest.raises(JobManagerError) as caught:
        await client.newest_job(session, hostile.url)
    return str(caught.value)


async def stop_job(session: aiohttp.ClientSession, hostile: Hostile) -> str:
    with pytest.raises(JobManagerError) as caught:
        await client.stop(session, hostile.url, "a" * 32, "b" * 32)
    return str(caught.value)


async def ask_client(session: aiohttp.ClientSession, hostile: Hostile) -> str:
    verdict = await denials.denial(session, [{"status": {"podIP": "127.0.0.1"}}])
    return verdict.message if verdict else ""


Asking = Callable[[aiohttp.ClientSession, Hostile], Awaitable[str]]
ASKING = [ask_jaeger, ask_job_manager, stop_job, ask_client]
NESTED = b'{"errors": ' * 100_000 + b"1" + b"}" * 100_000
WORDS = fixed(b'{"errors": ["' + b"GROUP_AUTHORIZATION_FAILED \\n\\ud800" * 10_000 + b'"]}', "500 Error")


@pytest.mark.parametrize("ask", ASKING)
@pytest.mark.parametrize(
    "answering",
    [
        endless,
        BOMB,
        broken_off,
        NOT_HTTP,
        fixed(NESTED),
        fixed(b"[" * 3 * MEBIBYTE),
        fixed(b'{"jobs": [' + b"[]," * MEBIBYTE + b"[]]}"),
        WORDS,
        fixed(b"\xff\xfe\x00" * 1000),
        fixed(b'{"jobs": [{"start-time": 1' + b"0" * 5000 + b"}]}"),
    ],
    ids=[
        "endless",
        "bomb",
        "broken off",
        "not HTTP",
        "nested",
        "open brackets",
        "a million lists",
        "words",
        "not UTF-8",
        "digits",
    ],
)
async def test_whoever_asks_gets_a_bounded_line_and_little_memory(
    hostile: Hostile, ask: Asking, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile.answering = answering
    monkeypatch.setattr(naming, "CLIENT_HEALTH_PORT", hostile.port)
    async with bounded_http.open_session() as session:
        tracemalloc.start()
        message = await ask(session, hostile)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert len(message) < 700
    assert message.isprintable()
    assert peak < 32 * MEBIBYTE


@pytest.mark.parametrize("ask", ASKING)
async def test_nobody_is_sent_elsewhere(hostile: Hostile, ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile.answering = hostile.redirect()
    monkeypatch.setattr(naming, "CLIENT_HEALTH_PORT", hostile.port)
    async with bounded_http.open_session() as session:
        await ask(session, hostile)
    assert hostile.paths
    assert "/elsewhere" not in hostile.paths
