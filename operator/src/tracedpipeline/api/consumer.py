"""The consumer, run as plain Python or by Apache Flink."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tracedpipeline.api.durations import duration_within
from tracedpipeline.api.flink import FlinkSpec
from tracedpipeline.api.names import Group
from tracedpipeline.api.rules import Rule
from tracedpipeline.api.workloads import Workload

FLINK = "Flink"
# Flink's default number of key groups, which no job can be more parallel than.
MOST_PARALLEL = 128

LONGEST_PROCESSING = "1h"
ProcessingTime = Annotated[
    str,
    duration_within(
        "0ms",
        LONGEST_PROCESSING,
        f"at most {LONGEST_PROCESSING}: a group holds a consumer that works longer on a message for dead",
    ),
]

# An empty default is asked, too, before its own defaults are filled in.
_NOT_BY_FLINK = "!has(self.engine) || self.engine != 'Flink'"


def _storage_of(consumer: str) -> str:
    """Return in CEL what decides where a consumer's state is; empty for the defaults."""
    parts = [
        f"(has({consumer}.flink) && has({consumer}.flink.checkpointStorage) && "
        f"has({consumer}.flink.checkpointStorage.{field}) && "
        f"{consumer}.flink.checkpointStorage.{field} != '{default}' "
        f"? {consumer}.flink.checkpointStorage.{field} : '')"
        for field, default in (("existingClaim", ""), ("storageClassName", ""), ("size", "1Gi"))
    ]
    return f"[{', '.join(parts)}]"


def _mode_of(consumer: str) -> str:
    return f"(has({consumer}.flink) ? {consumer}.flink.pythonMode : 'Thread')"


def _own_resources(side: str) -> str:
    amounts = f"self.resources.{side}"
    return f"!(has(self.resources) && has({amounts}) && (has({amounts}.cpu) || has({amounts}.memory)))"


class ConsumerSpec(Workload):
    """The consumer of order events."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        *Workload.RULES,
        Rule(
            "!has(self.flink) || self.engine == 'Flink'",
            "flink belongs to engine Flink: remove it, or choose that engine",
            lambda spec: spec.flink is None or spec.engine == FLINK,
        ),
        Rule(
            f"{_NOT_BY_FLINK} || ({_own_resources('requests')} && {_own_resources('limits')})",
            "with engine Flink give flink.taskManager.resources and flink.jobManager.resources instead of resources",
            lambda spec: spec.engine != FLINK or spec.resources == type(spec.resources)(),
        ),
        Rule(
            f"{_NOT_BY_FLINK} || (self.replicas >= 1 && self.replicas <= {MOST_PARALLEL})",
            f"with engine Flink replicas is the job's parallelism: at least 1, at most {MOST_PARALLEL}",
            lambda spec: spec.engine != FLINK or 1 <= spec.replicas <= MOST_PARALLEL,
        ),
        Rule(
            f"{_NOT_BY_FLINK} || oldSelf.engine != 'Flink' || {_storage_of('self')} == {_storage_of('oldSelf')}",
            "flink.checkpointStorage cannot be changed: the job's state would stay behind",
        ),
        Rule(
            f"{_NOT_BY_FLINK} || oldSelf.engine != 'Flink' || {_mode_of('self')} == {_mode_of('oldSelf')}",
            "flink.pythonMode cannot be changed: neither mode can read the other's state",
        ),
    )

    engine: Literal["Python", "Flink"] = Field(
        default="Python", description="What runs the consumer. Can be changed only while paused."
    )
    group_id: Group = Field(default="trace-group", description="Consumer group. Can be changed only while paused.")
    processing_time: ProcessingTime = Field(default="20ms", description="How long the demo works on a message.")
    flink: FlinkSpec | None = Field(
        default=None, description="How Flink runs the consumer; for engine Flink, where `replicas` is the parallelism."
    )

    @property
    def by_flink(self) -> FlinkSpec | None:
        """How Flink runs the consumer, defaults filled in; None where plain Python does."""
        return (self.flink or FlinkSpec()) if self.engine == FLINK else None
