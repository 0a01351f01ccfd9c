"""What is hostile to an operator, in a process of its own: `python -m benchmarks.operator.hostile_programs`.

One port answers for pods, Jaeger and JobManagers: politely until SIGUSR1, then each time in another hostile way. Three
more are Kafka brokers. Prints the four ports.
"""

import asyncio
import itertools
import signal

from tests.unit.operator import hostile
from tests.unit.operator.hostile import Answering, Hostile, fixed
from tests.unit.operator.kafka import hostile_kafka
from tests.unit.operator.kafka.hostile_kafka import Metadata, hostile_broker

MANY = 10**6
MOST_BYTES = 2_000_000
POLITE = fixed(b"{}", "503 Service Unavailable")
CAUSES = "".join(f"Caused by: org.apache.kafka.common.E{n}Exception: no room" for n in range(1200))


def _filled(part: str, beginning: str = '{"a": [', end: str = "0]}") -> Answering:
    return fixed(f"{beginning}{part * (MOST_BYTES // len(part))}{end}".encode())


SPAN = '{"traceId":"a","spanId":"b","startTimeUnixNano":1,"endTimeUnixNano":1},'
WAYS = [
    hostile.endless,
    hostile.dripping,
    hostile.silent,
    hostile.BOMB,
    hostile.broken_off,
    *hostile.ENDLESS_HEADS.values(),
    fixed(b'{"a": ' * 100_000),
    fixed(("{" + ",".join(f'"{n:06x}":1' for n in range(110_000)) + "}").encode()),
    _filled(SPAN, '{"result":{"resourceSpans":[{"scopeSpans":[{"spans":[', SPAN.rstrip(",") + "]}]}]}}"),
    _filled("[],"),
    _filled("9" * 4000 + ","),
    _filled("x", '{"a": "\N{GRINNING FACE}', '"}'),
    fixed(f'{{"errors": ["{CAUSES}"]}}'.encode(), "503 Service Unavailable"),
    fixed(b"", "302 Found", "Location: http://169.254.169.254/latest/meta-data"),
]
BROKERS: list[Metadata] = [
    hostile_kafka.many_topics(MANY),
    hostile_kafka.many_partitions("silent-1", MANY),
    hostile_kafka.endless(300 * 2**20),
]


async def serve() -> None:
    """Listen until it is ended."""
    program, ways = Hostile(), itertools.cycle(WAYS)
    angry = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, angry.set)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        program.answering = next(ways) if angry.is_set() else POLITE
        await program.handle(reader, writer)

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    brokers = [hostile_broker(metadata) for metadata in BROKERS]
    ports = [server.sockets[0].getsockname()[1], *[(await broker.__aenter__()).port for broker in brokers]]
    print(*ports, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
