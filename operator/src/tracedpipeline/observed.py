"""What was seen of a pipeline, as small frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracedpipeline.verdict import Verdict


@dataclass(frozen=True)
class LastTrace:
    """A connected trace: when its message was sent (Unix nanoseconds), and how long it took end to end."""

    trace_id: str
    sent_nanoseconds: int
    end_to_end_milliseconds: float


@dataclass(frozen=True)
class Component:
    """A Deployment and what is wrong with its pods (`problem`); `verdict` is there where more than its pods decides.

    `killed_for_memory` is when that happened last to one of its containers, `ready_since` when the last of its pods
    became ready; both Unix milliseconds. `missing` counts the pods that nobody has made, where no Deployment tells why.
    """

    name: str
    wanted: int = 1
    ready: int = 0
    rolled_out: bool = False
    exists: bool = True
    problem: Verdict | None = None
    killed_for_memory: int | None = None
    ready_since: int | None = None
    missing: int = 0
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Observed:
    """All that was seen in one reconcile."""

    kafka: Verdict
    components: Mapping[str, Component] = field(default_factory=dict)
    traces: Verdict | None = None
    last_trace: LastTrace | None = None
