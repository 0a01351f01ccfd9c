"""A Flink cluster as it was seen. Pure."""

from dataclasses import dataclass

from tracedpipeline.flink.job import Job
from tracedpipeline.observed import Component


@dataclass(frozen=True)
class FlinkCluster:
    """A Flink cluster: its pods, its job (None before there is one), why its REST API is silent, Unix milliseconds."""

    job_manager: Component
    task_managers: Component
    job: Job | None = None
    silent: str | None = None
    now: int = 0
