"""Looks at Kafka clusters: those that wait for the same cluster share one, and a silent cluster delays no other."""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

from tracedpipeline import reasons
from tracedpipeline.kafka.connection import KafkaConnection
from tracedpipeline.kafka.secrets import Secrets
from tracedpipeline.kafka.topics import Wanted
from tracedpipeline.limits import Slots
from tracedpipeline.verdict import Verdict

# Threads that wait for Kafka; a cluster that was silent last is asked in one of its own few.
THREADS, THREADS_FOR_SILENT = 32, 4
# Clusters of one namespace that are looked at at once.
OF_A_NAMESPACE = 2
# For so long nothing else is expected of a cluster that was silent, or refused to talk at all.
SILENT_SECONDS = 3.0
FORGOTTEN_SECONDS = 600.0

# What a look found: a verdict for each that wants topics, or one on the cluster itself.
Found = Sequence[Verdict | Exception] | Verdict
Look = Callable[[KafkaConnection, Secrets, Sequence[Wanted]], Found]


@dataclass
class _Cluster:
    """A Kafka cluster as some credentials reach it, and who waits for the next look at it."""

    connection: KafkaConnection
    secrets: Secrets
    waiting: list[tuple[Wanted, asyncio.Future[Verdict]]] = field(default_factory=list)
    looking: asyncio.Task[None] | None = None
    silent: Verdict | None = None
    until: float = 0.0


class Looks:
    """Looks at Kafka clusters, in threads of its own."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._clusters: dict[Hashable, _Cluster] = {}
        self._namespaces = Slots(OF_A_NAMESPACE)
        self._threads = ThreadPoolExecutor(THREADS, "kafka")
        self._threads_for_silent = ThreadPoolExecutor(THREADS_FOR_SILENT, "silent-kafka")

    async def verdict(self, namespace: str, connection: KafkaConnection, secrets: Secrets, wanted: Wanted) -> Verdict:
        """Return what a look finds of a pipeline's topics."""
        loop, key = asyncio.get_running_loop(), _identity(connection, secrets)
        if key not in self._clusters:
            self._forget_old(loop.time())
        cluster = self._clusters.setdefault(key, _Cluster(connection, secrets))
        if cluster.silent and loop.time() < cluster.until:
            return cluster.silent
        verdict: asyncio.Future[Verdict] = loop.create_future()
        cluster.waiting.append((wanted, verdict))
        if cluster.looking is None:
            cluster.looking = asyncio.create_task(self._look_at(namespace, key, cluster), name=f"look {namespace}")
        return await verdict

    async def _look_at(self, namespace: str, key: Hashable, cluster: _Cluster) -> None:
        """Look until nobody waits; who comes while a look is under way is part of the next one."""
        try:
            async with self._namespaces.of(namespace):
                while cluster.waiting:
                    await self._once(cluster)
        finally:
            cluster.looking = None
            for _, waits in cluster.waiting:
                waits.cancel()
            if cluster.silent is None:
                self._clusters.pop(key, None)

    async def _once(self, cluster: _Cluster) -> None:
        loop = asyncio.get_running_loop()
        threads = self._threads_for_silent if cluster.silent else self._threads
        asked, cluster.waiting = cluster.waiting, []
        look = partial(self._look, cluster.connection, cluster.secrets, [wanted for wanted, _ in asked])
        try:
            found = await loop.run_in_executor(threads, look)
        except Exception as error:
            _answer(asked, [error] * len(asked))
            return
        cluster.silent = None
        if not isinstance(found, Verdict):
            _answer(asked, found)
            return
        if found.reason == reasons.KAFKA_UNREACHABLE:
            # Who came meanwhile would wait as long for the same.
            cluster.silent, cluster.until = found, loop.time() + SILENT_SECONDS
            asked, cluster.waiting = [*asked, *cluster.waiting], []
        _answer(asked, [found] * len(asked))

    def _forget_old(self, now: float) -> None:
        """Forget clusters that were silent, and that nobody has asked about for long."""
        kept = {key: c for key, c in self._clusters.items() if c.looking or now < c.until + FORGOTTEN_SECONDS}
        self._clusters = kept


def _identity(connection: KafkaConnection, secrets: Secrets) -> Hashable:
    """Return what makes two pipelines reach a cluster alike."""
    contents = tuple((name, tuple(sorted(content.items()))) for name, content in sorted(secrets.items()))
    return replace(connection, revision=""), contents


def _answer(asked: Sequence[tuple[Wanted, asyncio.Future[Verdict]]], found: Sequence[Verdict | Exception]) -> None:
    for (_, waits), answer in zip(asked, found, strict=True):
        if waits.done():  # whoever waited has gone
            continue
        if isinstance(answer, Exception):
            waits.set_exception(answer)
        else:
            waits.set_result(answer)
