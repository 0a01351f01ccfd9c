"""HTTP to programs of a pipeline: only so much of an answer is read, for only so long, and no redirect is followed.

Pods run the images of the pipeline's author, so an answer may be endless, compressed to nothing, or point elsewhere.
"""

from dataclasses import dataclass
from typing import Any

import aiohttp

from tracedpipeline.untrusted import documents
from tracedpipeline.untrusted.documents import Document, DocumentError
from tracedpipeline.untrusted.quoting import stable

# Without compression what arrives is what has to be held; what comes compressed all the same is refused.
_HEADERS = {"Accept-Encoding": "identity"}


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
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(use_dns_cache=False, force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )


async def ask(session: aiohttp.ClientSession, method: str, url: str, limits: Limits, **more: Any) -> Answer:
    """Return the answer, cut where it is longer than the limit; raises NoAnswerError."""
    timeout = aiohttp.ClientTimeout(total=limits.seconds)
    try:
        async with session.request(
            method, url, timeout=timeout, allow_redirects=False, headers=_HEADERS, **more
        ) as response:
            _check(response)
            body = await _read(response, limits.byte_count)
    except TimeoutError as error:
        raise NoAnswerError(f"does not answer within {limits.seconds:g} s") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise NoAnswerError(f"does not answer: {stable(str(error)) or type(error).__name__}") from error
    whole = len(body) <= limits.byte_count
    return Answer(response.status, body[: limits.byte_count].decode(errors="replace"), whole)


async def ask_for_document(
    session: aiohttp.ClientSession, method: str, url: str, limits: Limits, **more: Any
) -> tuple[int, Document]:
    """Return status and JSON object of the answer; raises NoAnswerError, also where it is longer than the limit."""
    answer = await ask(session, method, url, limits, **more)
    if not answer.whole:
        raise NoAnswerError(f"answers with more than {limits.byte_count} bytes")
    try:
        return answer.status, documents.parse(answer.text)
    except DocumentError as error:
        raise NoAnswerError(f"answers with status {answer.status} and no document: {error}") from error


def _check(response: aiohttp.ClientResponse) -> None:
    if 300 <= response.status < 400:
        raise NoAnswerError(f"answers with a redirect (status {response.status}), which is not followed")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise NoAnswerError("answers compressed, which was not requested")


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Return the body, or of a longer one the beginning and at least one byte more than the most."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk[: most + 1 - len(body)]
        if len(body) > most:
            break
    return bytes(body)
