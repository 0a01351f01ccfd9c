"""An operator in a process of its own: started, ended, and what it costs."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families
from tracedpipeline.local.ports import free_port

from benchmarks.operator.api import Api

READS = frozenset({"get", "list", "watch"})
TICKS = os.sysconf("SC_CLK_TCK")
STARTED_SECONDS = 60


@dataclass(frozen=True)
class Cost:
    """What an operator has used since it began."""

    cpu_seconds: float
    requests: float
    writes: float
    reconciles: float


@dataclass(frozen=True)
class Operator:
    """A running operator."""

    pid: int
    port: int

    async def metrics(self) -> dict[tuple[str, str], float]:
        """Return its metrics by name and the value of their label."""
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.port}/metrics") as answer:
            families = text_string_to_metric_families(await answer.text())
        return {(s.name, next(iter(s.labels.values()), "")): s.value for family in families for s in family.samples}

    async def cost(self) -> Cost:
        """Return what it has used so far."""
        metrics = await self.metrics()
        verbs = {verb: value for (name, verb), value in metrics.items() if name == "tracedpipeline_api_requests_total"}
        reconciles = sum(value for (name, _), value in metrics.items() if name == "tracedpipeline_reconciles_total")
        writes = sum(value for verb, value in verbs.items() if verb not in READS)
        return Cost(self._cpu_seconds(), sum(verbs.values()), writes, reconciles)

    async def cost_of(self, seconds: float) -> Cost:
        """Return what it uses in so many seconds, in a second of them."""
        before = await self.cost()
        await asyncio.sleep(seconds)
        after = await self.cost()
        return Cost(
            *((new - old) / seconds for old, new in zip(vars(before).values(), vars(after).values(), strict=True))
        )

    def _cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self, what: str = "VmRSS") -> float:
        """Return its resident memory in MiB; `VmHWM` is the most since the last `forget_peaks`."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:")) / 1024

    async def forget_peaks(self) -> None:
        """Let memory and pauses be judged from now on."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        os.kill(self.pid, signal.SIGUSR1)
        await asyncio.sleep(0)

    async def longest_pause(self) -> float:
        """Return for how many seconds its event loop did nothing else at most."""
        return (await self.metrics())["benchmark_longest_pause_seconds", ""]


@asynccontextmanager
async def operating(api: Api, *stubs: str, **environment: str) -> AsyncIterator[Operator]:
    """Run an operator with these stubs and variables, and end it."""
    port = free_port()
    variables = {**os.environ, "KUBECONFIG": str(api.kubeconfig), "METRICS_PORT": str(port), **environment}
    process = _start(stubs, variables)
    operator = Operator(process.pid, port)
    try:
        async with asyncio.timeout(STARTED_SECONDS):
            while not await _serves(operator):
                await asyncio.sleep(0.1)
        yield operator
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait)


def _start(stubs: tuple[str, ...], variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "benchmarks.operator.operated", *stubs], env=variables)  # noqa: S603 - ours


async def _serves(operator: Operator) -> bool:
    try:
        return bool(await operator.metrics())
    except aiohttp.ClientError:
        return False
