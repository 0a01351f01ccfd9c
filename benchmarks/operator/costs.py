"""What the operator costs in good days: time, requests, CPU and memory."""

import asyncio
import random
import shutil
import subprocess
import time
from collections.abc import Sequence

import yaml
from tracedpipeline.kubernetes_api.kinds import APPLIED

from benchmarks.operator import pipelines
from benchmarks.operator.api import Api, Object
from benchmarks.operator.process import Operator
from benchmarks.operator.table import Row

RESTORED = 200
RESTORE_SECONDS = 30
RECONCILES = 10_000
# Until then memory that is kept once, such as of types, is there.
WARM_RECONCILES = 2_000


async def applied(api: Api, wanted: Sequence[str]) -> Row:
    """Return how long the operator takes for the objects of new pipelines, beside kubectl."""
    await api.add_namespaces(wanted)
    began = time.monotonic()
    await api.add_pipelines(map(pipelines.pipeline, wanted))
    await pipelines.reported(api, wanted)
    seconds = time.monotonic() - began
    what, once, must = f"{len(wanted)} pipelines applied ÷ kubectl apply --server-side", "2.3", "≤ 0.7"
    if not shutil.which("kubectl"):
        return Row(what, once, must, f"{seconds:.1f} s ÷ no kubectl", None)
    by_kubectl = await _by_kubectl(api, wanted)
    ratio = seconds / by_kubectl
    return Row(what, once, must, f"{ratio:.2f} ({seconds:.1f} s ÷ {by_kubectl:.1f} s)", ratio <= 0.7)


async def _by_kubectl(api: Api, wanted: Sequence[str]) -> float:
    await api.add_namespaces(map(pipelines.elsewhere, wanted))
    file = api.kubeconfig.with_name("objects.yaml")
    file.write_text(yaml.safe_dump_all(await pipelines.exported(api, wanted)))
    command = ["kubectl", f"--kubeconfig={api.kubeconfig}", "apply", "--server-side", "-f", str(file)]
    began = time.monotonic()
    await asyncio.to_thread(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


async def never_ready(operator: Operator, count: int, seconds: float) -> Row:
    """Return what pipelines cost whose pods never become ready, once nothing more changes."""
    await asyncio.sleep(seconds)
    cost = await operator.cost_of(seconds)
    now = f"{cost.requests:.2f}; {cost.cpu_seconds:.3f} core"
    good = cost.requests <= 3 and cost.cpu_seconds <= 0.05
    what = f"requests/s with {count} pipelines never ready; CPU"
    return Row(what, "275; 0.68 core", "≤ 3; ≤ 0.05 core", now, good)


async def idle(api: Api, operator: Operator, wanted: Sequence[str], seconds: float) -> Row:
    """Return what ready pipelines cost of which every figure jumps with each look."""
    await pipelines.roll_out(api)
    await pipelines.ready(api, wanted)
    # Figures that are due at once, because all became ready at once, are spread by then.
    await asyncio.sleep(2 * seconds)
    cost = await operator.cost_of(2 * seconds)
    now = f"{cost.requests:.2f} ({cost.writes:.2f} writes); {cost.cpu_seconds:.3f} core"
    return Row(f"the same with {len(wanted)} ready pipelines", "about 30", "≤ 1", now, cost.requests <= 1)


async def restarted(operator: Operator, count: int, seconds: float) -> Row:
    """Return what a new operator writes."""
    await asyncio.sleep(seconds)
    cost = await operator.cost()
    now = f"{cost.writes:.0f} (of {cost.requests:.0f} requests, {cost.reconciles:.0f} reconciles)"
    good = cost.writes == 0 and cost.reconciles >= count
    return Row(f"writes after a restart with {count} pipelines", "0", "0", now, good)


async def restored(api: Api) -> Row:
    """Return how long a child is gone or changed."""
    deployments = await api.owned("Deployment")
    chosen = random.Random(1).sample(deployments, min(RESTORED, len(deployments)))  # noqa: S311 - no secret
    times = sorted([await _restored(api, o, delete=bool(number % 2)) for number, o in enumerate(chosen)])
    p99 = times[int(len(times) * 0.99) - 1]
    now = f"{p99:.3f} s (of {len(times)}, at most {times[-1]:.3f} s)"
    return Row("edited or deleted child restored, p99", "-", "≤ 1 s", now, p99 <= 1)


async def _restored(api: Api, deployment: Object, *, delete: bool) -> float:
    metadata, wanted = deployment["metadata"], deployment["spec"]["replicas"]
    path = f"/{APPLIED['Deployment'].path(metadata['namespace'], metadata['name'])}"
    began = time.monotonic()
    if delete:
        await api.send("delete", path)
    else:
        await api.send("patch", path, {"spec": {"replicas": wanted + 7}})
    async with asyncio.timeout(RESTORE_SECONDS):
        while not (await api.found(path) and (await api.send("get", path))["spec"]["replicas"] == wanted):
            await asyncio.sleep(0.005)
    return time.monotonic() - began


async def memory(api: Api, operator: Operator, wanted: Sequence[str]) -> Row:
    """Return the memory of an operator with ready pipelines, and how it grows."""
    await pipelines.roll_out(api)
    await pipelines.ready(api, wanted)
    await _reconciled(operator, WARM_RECONCILES)
    before = operator.memory()
    await _reconciled(operator, WARM_RECONCILES + RECONCILES)
    after = operator.memory()
    growth = 100 * (after - before) / before
    good = after <= 180 and growth <= 3
    what = f"RSS with {len(wanted)} pipelines; growth over {RECONCILES} reconciles"
    return Row(what, "130 MiB at 100", "≤ 180 MiB; ≤ 3 %", f"{after:.0f} MiB; {growth:+.1f} %", good)


async def _reconciled(operator: Operator, wanted: int) -> None:
    while (await operator.cost()).reconciles < wanted:
        await asyncio.sleep(1)
