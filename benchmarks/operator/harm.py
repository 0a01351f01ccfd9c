"""What hostile programs do to an operator: how long they keep its event loop, and how much memory they take."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tracedpipeline import naming
from tracedpipeline.kubernetes_api.kinds import POD

from benchmarks.operator import pipelines
from benchmarks.operator.api import Api, Object
from benchmarks.operator.process import Operator, operating
from benchmarks.operator.table import Row

# Of each sort of pipeline, all in one namespace: one author's.
EACH = 10
NAMESPACE = "hostile"
SETTLED_SECONDS = 20
WHAT = "longest event-loop pause and extra RSS under hostile input"


@contextmanager
def running() -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """Run the hostile programs; yields them with their ports."""
    command = [sys.executable, "-m", "benchmarks.operator.hostile_programs"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        try:
            yield process, [int(port) for port in next(process.stdout or iter(())).split()]
        finally:
            process.kill()


async def done(api: Api, seconds: float) -> Row:
    """Return what pods, Jaeger, JobManagers and Kafka brokers do together."""
    with running() as (process, (port, *brokers)):
        url = f"http://127.0.0.1:{port}"
        addresses = {"HOSTILE_PORT": str(port), "HOSTILE_URL": url, "JAEGER_URL": url}
        await _add(api, brokers)
        async with operating(api, "addresses", "kafka-but-hostile", "pauses", **addresses) as operator:
            await _let_them_answer(api)
            await asyncio.sleep(SETTLED_SECONDS)
            return await _measured(operator, process, seconds)


async def _measured(operator: Operator, process: subprocess.Popen[str], seconds: float) -> Row:
    before = operator.memory()
    await operator.forget_peaks()
    process.send_signal(signal.SIGUSR1)
    await asyncio.sleep(seconds)
    pause, extra = 1000 * await operator.longest_pause(), operator.memory("VmHWM") - before
    good = pause <= 100 and extra <= 32
    return Row(WHAT, "5 s; +616 MiB", "≤ 100 ms; ≤ 32 MiB", f"{pause:.0f} ms; {extra:+.0f} MiB", good)


async def _add(api: Api, brokers: list[int]) -> None:
    await api.add_namespaces([NAMESPACE])
    plain = [pipelines.pipeline(f"{sort}-{n}") for sort in ("jaeger", "pods", "flink") for n in range(EACH)]
    for body in plain:
        if body["metadata"]["name"].startswith("flink"):
            body["spec"]["consumer"] = {"engine": "Flink"}
    kafka = [pipelines.pipeline(f"kafka-{n}", f"127.0.0.1:{port}") for n, port in enumerate(brokers)]
    for body in (*plain, *kafka):
        body["metadata"]["namespace"] = NAMESPACE
    await api.add_pipelines([*plain, *kafka])


async def _let_them_answer(api: Api) -> None:
    """Let Jaegers and JobManagers be ready, and pods have addresses."""
    mine = [item["metadata"]["name"] for item in await api.pipelines() if item["metadata"]["namespace"] == NAMESPACE]
    await pipelines.reported(api, mine)
    for name in mine:
        if name.startswith("pods"):
            await _add_pod(api, name)
    await pipelines.roll_out(api, [name for name in mine if not name.startswith("pods")])


async def _add_pod(api: Api, name: str) -> None:
    path = f"/{POD.path(NAMESPACE)}"
    labels = naming.selector(name, naming.PRODUCER) | naming.MANAGED_BY
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{name}-producer", "namespace": NAMESPACE, "labels": labels},
        "spec": {"containers": [{"name": "producer", "image": "producer:1"}]},
    }
    await api.send("post", path, pod)
    await api.send("patch", f"{path}/{name}-producer/status", {"status": {"podIP": "127.0.0.1", "phase": "Running"}})
