"""A program that answers HTTP as no honest one does, byte by byte as the test says."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]
MEBIBYTE = 2**20


def head(status: str = "200 OK", *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode()


def fixed(content: bytes, status: str = "200 OK", *headers: str) -> Answering:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head(status, f"Content-Length: {len(content)}", *headers) + content)
        await writer.drain()

    return answer


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(head("200 OK", "Content-Type: application/json"))
    while True:
        writer.write(b"[" * MEBIBYTE)
        await writer.drain()


async def silent(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def dripping(writer: asyncio.StreamWriter) -> None:
    writer.write(head())
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def broken_off(writer: asyncio.StreamWriter) -> None:
    writer.write(head("200 OK", "Content-Length: 100") + b"{")
    await writer.drain()


def repeating(beginning: bytes, part: bytes) -> Answering:
    """Return one that begins so and then says the same for ever, as fast as it is read."""
    block = part * (MEBIBYTE // len(part) or 1)

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(beginning)
        while True:
            writer.write(block)
            await writer.drain()

    return answer


CHUNKED = head("200 OK", "Transfer-Encoding: chunked")
# Of all these no byte belongs to a body, or next to none.
ENDLESS_HEADS = {
    "headers": repeating(head()[:-2], b"a: b\r\n"),
    "folded header": repeating(head()[:-2] + b"a: b\r\n", b" c\r\n"),
    "a header": repeating(head()[:-2] + b"a: ", b"b"),
    "a header's name": repeating(head()[:-2], b"b"),
    "a status line": repeating(b"HTTP/1.1 200 ", b"O"),
    "interim answers": repeating(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a chunk's extension": repeating(CHUNKED + b"1;", b"a"),
    "chunks' extensions": repeating(CHUNKED, b"1;" + b"a" * 4000 + b"\r\n \r\n"),
    "chunks of a byte": repeating(CHUNKED, b"1\r\n \r\n"),
    "trailers": repeating(CHUNKED + b"0\r\n", b"a: b\r\n"),
    "a chunk's length": repeating(CHUNKED, b"0"),
    "answers": repeating(b"", head("200 OK", "Content-Length: 0")),
}


BOMB = fixed(gzip.compress(b"[" * 64 * MEBIBYTE), "200 OK", "Content-Encoding: gzip")
NOT_HTTP = fixed(b"", "\x00\xff")


class Hostile:
    """Answers each request in the same way, and keeps their paths."""

    def __init__(self) -> None:
        self.answering: Answering = silent
        self.url, self.port = "", 0
        self.paths: list[str] = []
        self._serving: set[asyncio.Task[None]] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._serving.add(task)
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            self.paths.append(request.split()[1].decode())
            await self.answering(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # who asked has read enough
        finally:
            writer.close()

    def redirect(self) -> Answering:
        return fixed(b"", "307 Temporary Redirect", f"Location: {self.url}/elsewhere")

    async def stop(self) -> None:
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)


@pytest.fixture
async def hostile() -> AsyncIterator[Hostile]:
    program = Hostile()
    server = await asyncio.start_server(program.handle, "127.0.0.1", 0)
    program.port = server.sockets[0].getsockname()[1]
    program.url = f"http://127.0.0.1:{program.port}"
    yield program
    await program.stop()
    server.close()
    await server.wait_closed()
