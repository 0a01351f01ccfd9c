"""Processes on the kind node."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

CLUSTER = os.environ.get("KIND_CLUSTER", "tracedpipeline")
KAFKA = "kafka[.]Kafka"
TASK_MANAGER = "[.](TaskManager|KubernetesTaskExecutor)Runner"


@contextmanager
def stopped(process: str) -> Iterator[None]:
    """Stop the processes with such a command line (a regular expression), and let them go on: there, but silent."""
    _signal("STOP", process)
    try:
        yield
    finally:
        _signal("CONT", process)


def _signal(signal: str, process: str) -> None:
    subprocess.run(["docker", "exec", f"{CLUSTER}-control-plane", "pkill", f"-{signal}", "-f", process], check=True)
