"""What the operator costs with many pipelines: requests, CPU and memory, against the fake API server of the tests.

Kafka and Jaeger answer at once, and nothing runs pods: what is measured is the operator alone. Its CPU and memory
include those of the fake server, which runs in the same process.
"""

import argparse
import asyncio
import resource
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import kopf
from kubernetes.aio import client
from tracedpipeline import handlers, observe, reasons
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.local.ports import free_port
from tracedpipeline.observed import LastTrace
from tracedpipeline.settings import Images, Settings
from tracedpipeline.verdict import Verdict

from tests.unit.operator.apiserver import ApiServer, listening
from tests.unit.operator.conftest import body

FOLDER = "/apis/tracedpipeline.dev/v1alpha1/namespaces/{0}/tracedpipelines/{0}"
SETTINGS = Settings(Images())
SETTLED_SECONDS = 5.0


class Operator(threading.Thread):
    """The operator as kopf runs it, in a thread with a loop of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._end = threading.Event()

    def run(self) -> None:
        """Run until `end`."""
        asyncio.run(handlers.run(SETTINGS, f"http://127.0.0.1:{free_port()}/healthz", self._end))

    async def end(self) -> None:
        """Wait until it has ended."""
        self._end.set()
        await asyncio.to_thread(self.join)


async def _ensured(*_: object) -> Verdict:
    return Verdict(True, reasons.TOPIC_READY, "the topic is there")


async def _flowing(*_: object) -> tuple[Verdict, LastTrace]:
    now = time.time_ns()
    return Verdict(True, reasons.FLOWING, "a trace was found"), LastTrace(f"{now:032x}", now, now % 1000 / 10)


def connect_to(server: ApiServer) -> None:
    """Let the operator reach the fake API server, a Kafka cluster that is ready, and traces that flow."""

    async def connect() -> client.ApiClient:
        return client.ApiClient(client.Configuration(host=server.url))

    async def login(**_: Any) -> kopf.ConnectionInfo:
        return kopf.ConnectionInfo(server=server.url)

    kopf.on.login(registry=kopf.get_default_registry())(login)
    vars(handlers)["connect"] = connect
    vars(observe)["find_traces"] = _flowing
    setattr(Topics, "ensure", _ensured)  # noqa: B010  # mypy knows the method's own type


def add_pipelines(server: ApiServer, count: int) -> None:
    """Write so many pipelines, each in a namespace of its own."""
    for number in range(count):
        name = f"orders-{number}"
        found = body(name)
        found["metadata"] |= {"namespace": name}
        found["spec"]["kafka"]["topic"] = {"name": name}
        server.do_post(None, FOLDER.format(name).rsplit("/", 1)[0], found)  # type: ignore[arg-type]  # it is not used


def roll_out(server: ApiServer) -> None:
    """Let each Deployment be as it is wanted."""
    for path, o in [*server.objects.items()]:
        if "/deployments/" in path:
            status = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas"), o["spec"]["replicas"])
            server._write(path, o | {"status": status})


async def settled(server: ApiServer, pipelines: int) -> float:
    """Wait until every pipeline has its Deployments and nothing was written for a while; returns how long it took."""
    began = changed = time.monotonic()
    seen = -1
    while time.monotonic() < changed + SETTLED_SECONDS:
        written = len(server.requests) - len(server.sent("GET"))
        if written != seen or sum("/deployments/" in path for path in server.objects) < 4 * pipelines:
            seen, changed = written, time.monotonic()
        await asyncio.sleep(0.2)
    return changed - began


async def measured(what: str, server: ApiServer, seconds: float) -> None:
    """Print what happens in so many seconds."""
    server.requests.clear()
    before = resource.getrusage(resource.RUSAGE_SELF)
    await asyncio.sleep(seconds)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / seconds
    verbs = Counter(verb for verb, *_ in server.requests)
    requests = f"{len(server.requests) / seconds:7.1f} requests/s  {cpu:5.2f} cores  {_resident():5.0f} MiB"
    print(f"{what:28} {requests}  {dict(verbs)}", flush=True)


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


async def run(pipelines: int, seconds: float) -> None:
    """Print the figures of pipelines that never become ready, of ready ones, and of a restart."""
    server = ApiServer()
    connect_to(server)
    async with listening(server):
        operator = Operator()
        operator.start()
        add_pipelines(server, pipelines)
        print(f"{pipelines} pipelines: all objects written after {await settled(server, pipelines):.1f} s", flush=True)
        await measured("never ready", server, seconds)
        roll_out(server)
        await asyncio.sleep(seconds)
        await measured("ready", server, seconds)
        await operator.end()
        operator = Operator()
        server.requests.clear()
        operator.start()
        await asyncio.sleep(seconds)
        writes = [verb for verb, *_ in server.requests if verb != "GET"]
        print(f"{'after a restart':28} {len(writes)} writes in {seconds:.0f} s", flush=True)
        await operator.end()


def main() -> None:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(prog="benchmarks.operator", description=__doc__)
    parser.add_argument("--pipelines", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.pipelines, arguments.seconds))


if __name__ == "__main__":
    main()
