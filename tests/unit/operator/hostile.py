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
