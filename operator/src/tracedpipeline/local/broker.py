"""Apache Kafka itself: one node of it, in a JVM, with all of its data in the run's folder."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from tracedpipeline.local import formatted, jars, java
from tracedpipeline.local.children import Child, Children
from tracedpipeline.local.errors import LocalError
from tracedpipeline.local.ports import free_port
from tracedpipeline.loopback import ADDRESS

Tell = Callable[[str], None]

NAME: Final = "kafka"
_JVM: Final = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
_QUIET: Final = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
_CLUSTER: Final = "4L6g3nShT-eMCtK--X86sw"
_PATIENCE_SECONDS: Final = 90.0
_GRACE_SECONDS: Final = 10.0
_PROPERTIES: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
controller.listener.names=CONTROLLER
listeners=CLIENTS://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=CLIENTS://{host}:{port}
listener.security.protocol.map=CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENTS
log.dirs={data}
log.segment.bytes=33554432
log.retention.bytes=268435456
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""


@asynccontextmanager
async def running(children: Children, tell: Tell) -> AsyncIterator[str]:
    """Run Kafka; gives its bootstrap server once it listens."""
    program = await java.find()
    cache = jars.cache(os.environ) / f"kafka-{jars.version()}"
    await jars.fetch(cache, tell)
    port, controller = free_port(), free_port()
    properties = children.folder / "server.properties"
    data = children.folder / NAME
    java_command = [program, *_JVM, _QUIET, "-cp", f"{cache}/*"]
    try:
        properties.write_text(_PROPERTIES.format(host=ADDRESS, port=port, controller=controller, data=data))
        tool = [*java_command, "kafka.tools.StorageTool", "format", "--cluster-id", _CLUSTER, "--config"]
        await _format(children, [*tool, str(properties)], cache, data)
    except OSError as error:
        raise LocalError(f"{children.folder}: Kafka's data cannot be written there: {error.strerror}") from error
    async with children.child(NAME, [*java_command, "kafka.Kafka", str(properties)], {}, _GRACE_SECONDS) as child:
        tell(f"starting Apache Kafka {jars.version()} at {ADDRESS}:{port}")
        await _until_it_listens(child, port)
        yield f"{ADDRESS}:{port}"


async def _format(children: Children, tool: list[str], cache: Path, data: Path) -> None:
    """Make the data's folder: as it was made the first time, else by Kafka's own tool."""
    if (files := formatted.kept(cache)) is not None:
        formatted.write(files, data)
        return
    async with children.child(f"{NAME}-storage", tool, {}, _GRACE_SECONDS) as child:
        ended = await child.died()
        if child.process.returncode:
            raise LocalError(f"Kafka's data cannot be made in {data}: {ended}")
    try:
        formatted.keep(formatted.read(data), cache)
    except OSError as error:
        raise jars.disk(cache, error) from error


async def _until_it_listens(child: Child, port: int) -> None:
    died = asyncio.create_task(child.died())
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await asyncio.to_thread(_listens, port):
                if died.done():
                    raise died.result()
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise LocalError(
            f"{NAME} does not listen at port {port} after {_PATIENCE_SECONDS:.0f} s: what it says stands above"
        ) from None
    finally:
        died.cancel()


def _listens(port: int) -> bool:
    try:
        socket.create_connection((ADDRESS, port), timeout=1).close()
    except OSError:
        return False
    return True
