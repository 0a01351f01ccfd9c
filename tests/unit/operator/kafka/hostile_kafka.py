"""A broker that answers as no honest one does: as much of Kafka's protocol as a look at a topic takes."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

METADATA, API_VERSIONS = 3, 18
UNSUPPORTED_VERSION = 35

# What follows the correlation id of an answer to a request for metadata of version 2.
Metadata = Callable[[int], Iterator[bytes]]


def _text(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()


def _topic(name: str, partitions: bytes = struct.pack(">i", 0)) -> bytes:
    return struct.pack(">h", 0) + _text(name) + b"\0" + partitions


_PARTITION = struct.pack(">hiiiiii", 0, 0, 1, 1, 1, 1, 1)


def _metadata(port: int, topics: bytes, cluster_id: str = "abc") -> bytes:
    broker = struct.pack(">i", 1) + _text("127.0.0.1") + struct.pack(">ih", port, -1)
    return struct.pack(">i", 1) + broker + _text(cluster_id) + struct.pack(">i", 1) + topics


def many_topics(count: int) -> Metadata:
    """Return one that has so many topics, whichever it is asked about."""
    topics = struct.pack(">i", count) + _topic("t") * count
    return lambda port: iter([_metadata(port, topics)])


def many_partitions(topic: str, count: int) -> Metadata:
    """Return one whose topic has so many partitions."""
    topics = struct.pack(">i", 1) + _topic(topic, struct.pack(">i", count) + _PARTITION * count)
    return lambda port: iter([_metadata(port, topics)])


def named(cluster_id: str, *topics: str) -> Metadata:
    """Return one of a cluster that has this id, and these topics."""
    found = struct.pack(">i", len(topics)) + b"".join(map(_topic, topics))
    return lambda port: iter([_metadata(port, found, cluster_id)])


def endless(size: int) -> Metadata:
    """Return one that announces so many bytes, and sends the same for ever."""

    def send(_: int) -> Iterator[bytes]:
        yield struct.pack(">i", size)
        while True:
            yield b"\0" * 2**16

    return send


class HostileBroker:
    """Answers requests for metadata as the test says, and counts the bytes that were taken."""

    def __init__(self, metadata: Metadata) -> None:
        self.metadata, self.port, self.sent = metadata, 0, 0
        self._serving: set[asyncio.Task[None]] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._serving.add(task)
        try:
            while True:
                (size,) = struct.unpack(">i", await reader.readexactly(4))
                key, version, correlation = struct.unpack(">hhi", (await reader.readexactly(size))[:8])
                await self._answer(writer, key, version, correlation)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # who asked has read enough, or the test has ended
        finally:
            writer.close()

    async def stop(self) -> None:
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _answer(self, writer: asyncio.StreamWriter, key: int, version: int, correlation: int) -> None:
        parts = iter([_versions(version)]) if key == API_VERSIONS else self.metadata(self.port)
        first = next(parts)
        announced = struct.unpack(">i", first)[0] if len(first) == 4 else len(first) + 4
        rest = first if len(first) > 4 else b""
        writer.write(struct.pack(">ii", announced, correlation) + rest)
        self.sent += len(rest)
        for part in parts:
            writer.write(part)
            self.sent += len(part)
            await writer.drain()
        await writer.drain()


def _versions(version: int) -> bytes:
    if version:
        return struct.pack(">hi", UNSUPPORTED_VERSION, 0)
    known = ((METADATA, 0, 2), (API_VERSIONS, 0, 0))
    return struct.pack(">hi", 0, len(known)) + b"".join(struct.pack(">hhh", *each) for each in known)


@asynccontextmanager
async def hostile_broker(metadata: Metadata) -> AsyncIterator[HostileBroker]:
    """Let one listen."""
    broker = HostileBroker(metadata)
    server = await asyncio.start_server(broker.handle, "127.0.0.1", 0)
    broker.port = server.sockets[0].getsockname()[1]
    yield broker
    await broker.stop()
    server.close()
