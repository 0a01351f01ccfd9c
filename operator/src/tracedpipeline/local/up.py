"""`tracedpipeline up`: Kafka, the receiver, producer and consumer, and the proof that traces flow."""

import asyncio
import contextlib
import math
import os
import platform
import sys
import time
import webbrowser
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracedpipeline import desired, loopback, naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka.connection import KafkaConnection, alike
from tracedpipeline.kafka.strimzi import Access
from tracedpipeline.local import brokers, figures, here, running
from tracedpipeline.local.children import Children, children
from tracedpipeline.local.errors import LocalError
from tracedpipeline.local.figures import Figures
from tracedpipeline.local.forwarding import forward
from tracedpipeline.local.ports import free_port
from tracedpipeline.local.programs import Machine, Program, programs
from tracedpipeline.local.proving import Proof
from tracedpipeline.local.receiver import Receiver
from tracedpipeline.local.secret_files import Folder
from tracedpipeline.local.store import Store
from tracedpipeline.local.terminal import show
from tracedpipeline.local.watching import Watch
from tracedpipeline.page.server import PageServer
from tracedpipeline.settings import Settings

MODULES = {naming.PRODUCER: "traced_producer", naming.CONSUMER: "traced_consumer"}
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What was given: `kafka` is real, mock, spec or an address; `port` is where traces are taken and read."""

    kafka: str = here.REAL
    once: bool = False
    jaeger: str | None = None
    open: bool = False
    keep: Path | None = None
    secrets: Path | None = None
    port: int = 0


@dataclass(frozen=True)
class Place:
    """Where telemetry goes, since `begun`: the receiver, its address, where traces are read back.

    The receiver's address is that of the page, too, for which `watch` looks.
    """

    begun: float
    receiver: Receiver
    url: str
    jaeger: str
    watch: Watch


async def up(pipeline: TracedPipeline, options: Options, tell: Tell, hurry: asyncio.Event) -> None:
    """Run the pipeline until it is stopped, or with `once` until its first trace is proved; LocalError says why not."""
    here.check(pipeline, options.kafka)
    for sentence in here.left_out(pipeline, options.kafka):
        tell(sentence)
    secrets = Folder(options.secrets)
    with running.claimed(running.folder(os.environ), pipeline.name) as claim:
        async with (
            children(tell, hurry) as run,
            _telemetry(pipeline, options, run, tell) as place,
            brokers.reached(pipeline, options.kafka, run, secrets, tell) as connection,
        ):
            found = _programs(pipeline, connection, place.url, secrets)
            known = _consumer(_programs(_with_consumer(pipeline), connection, place.url, secrets))
            claim.announce(known, place.jaeger)
            async with _started(run, found):
                await _story(pipeline, options, place, run, tell)


@asynccontextmanager
async def _telemetry(pipeline: TracedPipeline, options: Options, run: Children, tell: Tell) -> AsyncIterator[Place]:
    """Serve what takes and shows telemetry; afterwards tell of all messages how long they took."""
    begun = time.monotonic()
    async with contextlib.AsyncExitStack() as stack:
        store = stack.enter_context(contextlib.closing(Store(options.keep or run.folder)))
        send = await stack.enter_async_context(forward(options.jaeger)) if options.jaeger else None
        counted = Figures()
        listener = loopback.listen(options.port)
        jaeger = options.jaeger or loopback.address(listener)
        watch = Watch(pipeline, jaeger, counted)
        receiver = Receiver(store, counted, send, PageServer(watch.look))
        url = await stack.enter_async_context(loopback.serving(receiver.application(), listener))
        try:
            yield Place(begun, receiver, url, jaeger, watch)
        finally:
            if line := figures.told(counted):
                tell(line)


def _programs(pipeline: TracedPipeline, connection: KafkaConnection, url: str, secrets: Folder) -> list[Program]:
    objects = desired.build(pipeline, Access(None, clients=alike(connection)), Settings.from_environment({}))
    machine = Machine(platform.node() or "localhost", url, str(secrets.path), secrets.value, free_port)
    return programs(pipeline, objects, machine)


def _with_consumer(pipeline: TracedPipeline) -> TracedPipeline:
    """Return the pipeline with a consumer, where it has none: how Kafka is reached is asked then, too."""
    consumer = pipeline.spec.consumer.model_copy(update={"replicas": max(pipeline.spec.consumer.replicas, 1)})
    return pipeline.model_copy(update={"spec": pipeline.spec.model_copy(update={"consumer": consumer})})


def _consumer(found: list[Program]) -> Mapping[str, str]:
    return next(each.variables for each in found if each.component == naming.CONSUMER)


def _command(program: Program) -> list[str]:
    return [sys.executable, "-m", MODULES[program.component]]


@asynccontextmanager
async def _started(run: Children, found: list[Program]) -> AsyncIterator[None]:
    """Run the programs; afterwards all drain at the same time, as pods do."""
    async with contextlib.AsyncExitStack() as stack:
        started = [
            await stack.enter_async_context(run.child(each.name, _command(each), each.variables, each.grace_seconds))
            for each in found
        ]
        try:
            yield
        finally:
            grace = max((each.grace_seconds for each in found), default=0)
            await asyncio.gather(*(child.stop(grace, run.hurry) for child in started))


async def _story(pipeline: TracedPipeline, options: Options, place: Place, run: Children, tell: Tell) -> None:
    """Prove that traces flow, and go on; whatever dies or fails meanwhile ends it."""
    telling = asyncio.create_task(_told(pipeline, options, place, tell))
    death = asyncio.create_task(run.first_death())
    failed = place.receiver.failed
    ends: list[asyncio.Future[Any]] = [telling, death, failed]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if death.done():
            raise death.result()
        await (failed if failed.done() else telling)
    finally:
        telling.cancel()
        death.cancel()


async def _told(pipeline: TracedPipeline, options: Options, place: Place, tell: Tell) -> None:
    tell(f"traces: {place.jaeger} (tracedpipeline trace {pipeline.name} --jaeger {place.jaeger})")
    proof = Proof(pipeline, place.jaeger, tell, place.watch.note)
    if options.once:
        _show(await proof.first(), place, tell)
        return
    tell(f"page: {place.url}/")
    tell("Ctrl-C ends it: producer and consumer drain first")
    if options.open:
        await asyncio.to_thread(webbrowser.open, f"{place.url}/")
    with contextlib.suppress(LocalError):  # its reason was told, and may pass
        _show(await proof.first(math.inf), place, tell)
    await proof.watch()


def _show(waterfall: str, place: Place, tell: Tell) -> None:
    show(f"\n{waterfall}\n")
    tell(f"the first connected trace was read back after {time.monotonic() - place.begun:.1f} s")
