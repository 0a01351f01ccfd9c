"""Processes on the kind node."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

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
    node = f"{os.environ.get('KIND_CLUSTER', 'tracedpipeline')}-control-plane"
    subprocess.run(["docker", "exec", node, "pkill", f"-{signal}", "-f", process], check=True)
