"""The operator as a run measures it: `python -m benchmarks.operator.operated [STUB …] [pauses]`.

Nothing of it is changed, but for what the stubs stand for, and the port and addresses that pods have in a cluster only.
"""

import asyncio
import itertools
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from prometheus_client import Gauge
from tracedpipeline import handlers, naming, observe, queue, reasons
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.kafka.connection import KafkaConnection
from tracedpipeline.local.ports import free_port
from tracedpipeline.observed import LastTrace
from tracedpipeline.settings import Settings
from tracedpipeline.verdict import Verdict

from benchmarks.operator.api import NO_KAFKA

PAUSE = Gauge("benchmark_longest_pause_seconds", "How long the event loop did nothing else at most.")
TICK_SECONDS = 0.002
_milliseconds = itertools.cycle((10.0, 100.0, 1000.0))


async def _ensured(*_: object) -> Verdict:
    return Verdict(True, reasons.TOPIC_READY, "the topic is there")


async def _flowing(*_: object) -> tuple[Verdict, LastTrace]:
    """Return traces whose figures jump with each look: the worst case for a status."""
    now = time.time_ns()
    return Verdict(True, reasons.FLOWING, "a trace was found"), LastTrace(f"{now:032x}", now, next(_milliseconds))


def _kafka() -> None:
    setattr(Topics, "ensure", _ensured)  # noqa: B010  # mypy knows the method's own type


def _kafka_but_hostile() -> None:
    """Let only those brokers be asked that were named."""
    ask = Topics.ensure

    async def ensure(self: Topics, key: Any, connection: KafkaConnection, *more: Any) -> Verdict:
        return await (_ensured() if connection.bootstrap_servers == NO_KAFKA else ask(self, key, connection, *more))

    setattr(Topics, "ensure", ensure)  # noqa: B010  # as above


def _traces() -> None:
    vars(observe)["find_traces"] = _flowing


def _often() -> None:
    """Let reconciles be as frequent as no operator's."""
    vars(queue).update(KEY_PER_SECOND=100.0, ALL_PER_SECOND=100.0)


def _addresses() -> None:
    """Let pods' ports and Services of JobManagers be where hostile programs listen."""
    vars(naming).update(
        CLIENT_HEALTH_PORT=int(os.environ["HOSTILE_PORT"]),
        flink_url=lambda *_: os.environ["HOSTILE_URL"],
    )


STUBS: dict[str, Callable[[], None]] = {
    "kafka": _kafka,
    "kafka-but-hostile": _kafka_but_hostile,
    "traces": _traces,
    "often": _often,
    "addresses": _addresses,
}


class Pauses:
    """Looks how long the event loop is kept.

    Of a machine that others use, too, only the time counts in which this process has worked.
    """

    def __init__(self) -> None:
        self.longest = 0.0

    def reset(self) -> None:
        """Begin again."""
        self.longest = 0.0

    async def watch(self) -> None:
        """Watch for ever."""
        while True:
            began, worked = time.monotonic(), time.process_time()
            await asyncio.sleep(TICK_SECONDS)
            late = time.monotonic() - began - TICK_SECONDS
            self.longest = max(self.longest, min(late, time.process_time() - worked))
            PAUSE.set(self.longest)


async def run() -> None:
    """Run the operator until a signal ends it."""
    pauses = Pauses()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, pauses.reset)
    # To look so often costs a hundredth of a core itself.
    watching = asyncio.create_task(pauses.watch() if "pauses" in sys.argv else asyncio.sleep(0))
    await handlers.run(Settings.from_environment(os.environ), f"http://127.0.0.1:{free_port()}/healthz")
    watching.cancel()


def main() -> None:
    """Run with the stubs that the arguments name."""
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "ERROR"))
    for stub in set(sys.argv[1:]) - {"pauses"}:
        STUBS[stub]()
    asyncio.run(run())


if __name__ == "__main__":
    main()
