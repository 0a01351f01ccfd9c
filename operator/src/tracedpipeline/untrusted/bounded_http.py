"""HTTP to programs of a pipeline: only so much of an answer is read, for only so long, and no redirect is followed.

Pods run the images of the pipeline's author, so an answer may be endless, compressed to nothing, or point elsewhere.
What is large is parsed beside the event loop, one at a time, and of all answers together only so much is held.
"""

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp

from tracedpipeline.untrusted import documents, wire
from tracedpipeline.untrusted.budget import Budget, Held
from tracedpipeline.untrusted.documents import Document, DocumentError
from tracedpipeline.untrusted.quoting import stable

Read = TypeVar("Read")

# Without compression what arrives is what has to be held; what comes compressed all the same is refused.
_HEADERS = {"Accept-Encoding": "identity"}
# Beside as many bytes as may be read of a body, and as many again for the frames of its chunks; more than the event
# loop takes from a socket at once, so that what is too long is told from what has no end.
_HEADS = 2**20
# What takes longer than a few milliseconds is parsed in the thread.
_SMALL = 2**15
_BUDGET = Budget(8 * 2**20)
_ASIDE = ThreadPoolExecutor(1, "untrusted")


class NoAnswerError(Exception):
    """Nothing answered, or nothing that can be used; the message is one bounded line that continues after the URL."""


@dataclass(frozen=True)
class Limits:
    """How much of an answer is read, and how long it may take from the look-up of the address to its last byte."""

    byte_count: int
    seconds: float


@dataclass(frozen=True)
class Answer:
    """An answer as text; `whole` tells whether that is all of it."""

    status: int
    text: str
    whole: bool


def open_session() -> aiohttp.ClientSession:
    """Return a session that looks the address up and connects again each time, decompresses nothing, keeps no cookie.

    A Service that is made again has another address, and what answers at the old one is somebody else.
    """
    return aiohttp.ClientSession(connector=wire.connector(), cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False)


async def ask(session: aiohttp.ClientSession, method: str, url: str, limits: Limits, **more: Any) -> Answer:
    """Return the answer, cut where it is longer than the limit; raises NoAnswerError."""
    with _BUDGET.hold() as held:
        status, whole = await _hold(held, session, method, url, limits, **more)
        return Answer(status, held.text, whole)


async def ask_for_document(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    limits: Limits,
    read: Callable[[int, Document], Read],
    **more: Any,
) -> Read:
    """Return what is read in the JSON object of an answer and its status.

    Raises NoAnswerError, also where the answer is longer than the limit, and what `read` raises.
    """
    with _BUDGET.hold() as held:
        status, whole = await _hold(held, session, method, url, limits, **more)
        if not whole:
            raise NoAnswerError(f"answers with more than {limits.byte_count} bytes")
        if len(held.text) <= _SMALL:
            return _parsed(held, status, read)
        return await asyncio.get_running_loop().run_in_executor(_ASIDE, _parsed, held, status, read)


def _parsed(held: Held, status: int, read: Callable[[int, Document], Read]) -> Read:
    text, held.text = held.text, ""
    if held.evicted:
        raise _crowded()
    try:
        document = documents.parse(text)
    except DocumentError as error:
        raise NoAnswerError(f"answers with status {status} and no document: {error}") from error
    return read(status, document)


async def _hold(
    held: Held, session: aiohttp.ClientSession, method: str, url: str, limits: Limits, **more: Any
) -> tuple[int, bool]:
    """Hold the text of an answer; returns its status, and whether the text is whole."""
    timeout = aiohttp.ClientTimeout(total=limits.seconds)
    allowance = wire.Allowance(2 * limits.byte_count + _HEADS)
    wire.ALLOWANCE.set(allowance)
    try:
        async with session.request(
            method, url, timeout=timeout, allow_redirects=False, headers=_HEADERS, **more
        ) as response:
            _check(response)
            return response.status, await _read(held, response, limits.byte_count)
    except TimeoutError as error:
        raise NoAnswerError(f"does not answer within {limits.seconds:g} s") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        if held.evicted:
            raise _crowded() from error
        if allowance.exceeded:
            raise NoAnswerError(f"sends more than {allowance.most} bytes around its answer") from error
        raise NoAnswerError(f"does not answer: {stable(str(error)) or type(error).__name__}") from error


def _crowded() -> NoAnswerError:
    return NoAnswerError("answers with much, while others do, too: it is read again later")


def _check(response: aiohttp.ClientResponse) -> None:
    if 300 <= response.status < 400:
        raise NoAnswerError(f"answers with a redirect (status {response.status}), which is not followed")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise NoAnswerError("answers compressed, which was not requested")


async def _read(held: Held, response: aiohttp.ClientResponse, most: int) -> bool:
    """Hold the body, or of a longer one the beginning; returns whether it is whole."""
    body = bytearray()
    held.end = response.close
    async for chunk in response.content.iter_any():
        body += chunk[: most + 1 - len(body)]
        _BUDGET.grow(held, len(body))
        if held.evicted:
            raise _crowded()
        if len(body) > most:
            break
    whole = len(body) <= most
    del body[most:]
    held.text = body.decode(errors="replace")
    # One character that is not Latin makes all of them larger.
    _BUDGET.grow(held, sys.getsizeof(held.text))
    if held.evicted:
        raise _crowded()
    return whole
