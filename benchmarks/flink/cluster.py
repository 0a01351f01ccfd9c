"""The Flink consumer's image as a standalone cluster of containers, and the Python consumer beside it."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_REST: Final = "http://127.0.0.1:8081/jobs/overview"
_UID: Final = 9999
_START_SECONDS: Final = 180
_TASKS_A_SLOT: Final = 2  # the source with what is chained to it, and the keyed step
_MANY_OF_ONE_HOST: Final = "taskmanager.rpc.port: 0\ntaskmanager.data.port: 0"
NAME: Final = "tracedpipeline-bench-flink"


class Cluster:
    """A JobManager and as many TaskManagers as the parallelism says, on the host's network."""

    def __init__(self, image: str, variables: Mapping[str, str], parallelism: int, state: Path) -> None:
        self._image = image
        self._parallelism = parallelism
        self._variables = {**variables, "FLINK_PARALLELISM": str(parallelism), "FLINK_PROPERTIES": _MANY_OF_ONE_HOST}
        self._state = state

    def start(self) -> None:
        """Start all, and wait until the job runs."""
        self._run("jobmanager", "jobmanager")
        for number in range(self._parallelism):
            self.start_task_manager(number)
        self.wait()

    def start_task_manager(self, number: int) -> None:
        """Start one; the number is free, or its former owner's."""
        self._run(f"taskmanager-{number}", "taskmanager")

    def kill_task_manager(self, number: int) -> None:
        """End one as the kernel ends what takes too much memory."""
        _docker("rm", "--force", f"{NAME}-taskmanager-{number}")

    def wait(self) -> None:
        """Wait until all tasks run."""
        deadline = time.monotonic() + _START_SECONDS
        while _running() < self._parallelism * _TASKS_A_SLOT:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the job does not run after {_START_SECONDS} s: docker logs {NAME}-jobmanager")
            time.sleep(0.2)

    def stop(self) -> None:
        """End all."""
        names = ["jobmanager", *(f"taskmanager-{number}" for number in range(self._parallelism))]
        _docker("rm", "--force", *(f"{NAME}-{name}" for name in names))

    def _run(self, name: str, role: str) -> None:
        given = [argument for pair in self._variables.items() for argument in ("--env", "=".join(pair))]
        volume = f"{self._state}:/opt/flink/state"
        _docker(
            *("run", "--detach", "--name", f"{NAME}-{name}", "--network", "host", "--read-only"),
            *("--tmpfs", f"/tmp:exec,uid={_UID}", "--tmpfs", f"/opt/flink/log:uid={_UID}"),  # noqa: S108 - of the container
            *("--volume", volume, *given, self._image, role),
        )


@contextmanager
def flink(image: str, variables: Mapping[str, str], parallelism: int = 1) -> Iterator[Cluster]:
    """Run a cluster for a while, its state in a folder of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.chown(folder, _UID, _UID)
        cluster = Cluster(image, variables, parallelism, Path(folder))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


@contextmanager
def python_consumer(variables: Mapping[str, str]) -> Iterator[None]:
    """Run the Python consumer for a while."""
    command = [sys.executable, "-m", "traced_consumer"]
    process = subprocess.Popen(command, env={**os.environ, **variables}, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _running() -> int:
    try:
        with urllib.request.urlopen(_REST, timeout=2) as answer:
            jobs = json.load(answer)["jobs"]
    except OSError:
        return 0
    return sum(job["tasks"]["running"] for job in jobs if job["state"] == "RUNNING")


def _docker(*arguments: str) -> None:
    subprocess.run(["docker", *arguments], check=True, capture_output=True)  # noqa: S603, S607 - the engine's client
