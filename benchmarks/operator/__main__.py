"""What the operator costs, row by row beside what it must cost.

The operator, the API server, and what is hostile to it are processes of their own: only the operator is measured. No
controller manager runs; what it would write into the status of Deployments is written here.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from benchmarks.operator import control_plane, costs, harm, pipelines, silent
from benchmarks.operator.api import Api
from benchmarks.operator.process import operating
from benchmarks.operator.table import Row, print_header, print_row


async def run(count: int, seconds: float) -> bool:
    """Print all rows; returns whether each is as it must be."""
    with tempfile.TemporaryDirectory() as folder:
        async with control_plane.running(Path(folder)) as api:
            kind = "kube-apiserver and etcd" if control_plane.is_real() else "a fake API server"
            print(f"{count} pipelines, {kind}, {seconds:.0f} s a figure", flush=True)
            print_header()
            rows = [*await _good_days(api, count, seconds), *await _bad_days(api, seconds)]
    return all(row.good is not False for row in rows)


async def _good_days(api: Api, count: int, seconds: float) -> list[Row]:
    wanted = pipelines.names(count)
    async with operating(api, "kafka", "traces") as operator:
        rows = [print_row(await costs.applied(api, wanted))]
        rows.append(print_row(await costs.never_ready(operator, count, seconds)))
        rows.append(print_row(await costs.idle(api, operator, wanted, seconds)))
    async with operating(api, "kafka", "traces") as operator:
        rows.append(print_row(await costs.restarted(operator, count, seconds / 2)))
        rows.append(print_row(await costs.restored(api)))
    async with operating(api, "kafka", "traces", "often", PROBE_INTERVAL_SECONDS="1.1") as operator:
        more = pipelines.names(count, first=count)
        await api.add_namespaces(more)
        await api.add_pipelines(map(pipelines.pipeline, more))
        await pipelines.reported(api, more)
        rows.append(print_row(await costs.memory(api, operator, [*wanted, *more])))
    return rows


async def _bad_days(api: Api, seconds: float) -> list[Row]:
    async with operating(api, "traces"):
        rows = [print_row(await silent.new_pipeline(api))]
    return [*rows, print_row(await harm.done(api, seconds))]


def main() -> None:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(prog="benchmarks.operator", description=__doc__)
    parser.add_argument("--pipelines", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    sys.exit(0 if asyncio.run(run(arguments.pipelines, arguments.seconds)) else 1)


if __name__ == "__main__":
    main()
