"""How Apache Flink runs the consumer."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tracedpipeline.api.amounts import Memory, Resources, VolumeSize
from tracedpipeline.api.durations import duration_within
from tracedpipeline.api.names import ObjectName
from tracedpipeline.api.quantities import amount
from tracedpipeline.api.rules import Rule, SpecModel


def _at_least(least: str) -> Rule:
    """Return the rule that `memory` is no less than what Flink divides up before anything of ours runs."""
    return Rule(
        f"!(has(self.memory) && isQuantity(self.memory)) || quantity(self.memory).compareTo(quantity('{least}')) >= 0",
        f"memory is below {least}, which Flink takes for itself: raise it",
        lambda spec: amount(spec.memory) >= amount(least),
    )


def _memory_within_limit(spec: "FlinkProcess") -> bool:
    return spec.resources.limits.memory is None or amount(spec.memory) <= amount(spec.resources.limits.memory)


_WITHIN_LIMIT = Rule(
    # An empty default is asked, too, before its own defaults are filled in.
    "!(has(self.memory) && has(self.resources) && has(self.resources.limits) && has(self.resources.limits.memory) "
    "&& isQuantity(self.memory) && isQuantity(self.resources.limits.memory)) "
    "|| quantity(self.memory).compareTo(quantity(self.resources.limits.memory)) <= 0",
    "memory is above resources.limits.memory: Flink would be killed for what it was given; raise the limit",
    _memory_within_limit,
)


class FlinkProcess(SpecModel):
    """What JobManager and TaskManagers have in common."""

    memory: Memory
    resources: Resources = Field(
        default=Resources(),
        description="Processor and memory of the container, where they shall differ from what follows from `memory`.",
    )


class JobManagerSpec(FlinkProcess):
    """The JobManager: schedules the job and its checkpoints."""

    RULES: ClassVar[tuple[Rule, ...]] = (_at_least("768Mi"), _WITHIN_LIMIT)

    memory: Memory = Field(
        default="1Gi", description="Flink's jobmanager.memory.process.size; the container has 256Mi more for Python."
    )


class TaskManagerSpec(FlinkProcess):
    """The TaskManagers: run the job, Python included; as many as the job is parallel."""

    RULES: ClassVar[tuple[Rule, ...]] = (_at_least("1Gi"), _WITHIN_LIMIT)

    memory: Memory = Field(
        default="1400Mi",
        description="Flink's taskmanager.memory.process.size; the container has 256Mi more for Python.",
    )


class CheckpointStorage(SpecModel):
    """The volume that keeps checkpoints and savepoints."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.existingClaim) || !has(self.storageClassName)",
            "storageClassName belongs to a claim that the pipeline makes: remove it or existingClaim",
            lambda spec: spec.existing_claim is None or spec.storage_class_name is None,
        ),
    )

    size: VolumeSize = Field(default="1Gi", description="Size of the claim that the pipeline makes.")
    storage_class_name: ObjectName | None = Field(
        default=None,
        description="Storage class of the claim that the pipeline makes; the cluster's default without it.",
    )
    existing_claim: ObjectName | None = Field(
        default=None,
        description=(
            "A PersistentVolumeClaim of this namespace to use instead; it outlives the pipeline, and on a cluster of "
            "several nodes must be ReadWriteMany."
        ),
    )


class FlinkSpec(SpecModel):
    """How Apache Flink runs the consumer."""

    checkpoint_interval: Annotated[str, duration_within("100ms", "1h", "between 100ms and 1h")] = Field(
        default="10s", description="Time between two checkpoints: how much work a failure repeats at most."
    )
    checkpoint_storage: CheckpointStorage = Field(
        default=CheckpointStorage(),
        description="The volume that keeps checkpoints and savepoints. Cannot be changed: the state would stay behind.",
    )
    delivery: Literal["AtLeastOnce", "ExactlyOnce"] = Field(
        default="AtLeastOnce",
        description="Of results; ExactlyOnce writes in transactions, which readers see after each checkpoint.",
    )
    python_mode: Literal["Process", "Thread"] = Field(
        default="Thread",
        description=(
            "Where Python runs: in a thread of the TaskManager's JVM (x86-64 only), or in a process beside it. "
            "Cannot be changed: neither can read the other's state."
        ),
    )
    bundle_time: Annotated[str, duration_within("1ms", "1m", "between 1ms and 1m")] = Field(
        default="10ms", description="How long records may wait for others on their way to a Python process."
    )
    job_manager: JobManagerSpec = Field(default=JobManagerSpec(), description="The JobManager.")
    task_manager: TaskManagerSpec = Field(default=TaskManagerSpec(), description="The TaskManagers.")
