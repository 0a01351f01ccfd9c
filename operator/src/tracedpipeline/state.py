"""What one step of a reconcile hands to the next, as small frozen values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracedpipeline.desired.in_use import InUse
from tracedpipeline.kafka.strimzi import Access
from tracedpipeline.verdict import Verdict

Object = dict[str, Any]
Live = Mapping[tuple[str, str], Object]


@dataclass(frozen=True)
class State:
    """What there is of a pipeline before anything is decided.

    `flink_operator` tells whether the Flink Kubernetes Operator runs its job. What only exists once it was written,
    `in_use` and `flink_key`, is missing until then.
    """

    live: Live
    access: Access
    client_pods: Sequence[Object] = ()
    flink_operator: bool = False
    in_use: InUse | None = None
    flink_key: str = ""


@dataclass(frozen=True)
class Plan:
    """The objects that there should be; what is protected, by kind and name, is neither applied nor pruned."""

    objects: list[Object]
    protected: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Applied:
    """What came of a plan: the verdict on Kafka, what a Flink upgrade waits for, all errors, what others contest.

    `cluster_id` is the Kafka cluster's, as far as it is known; `held` names topics that a deletion would leave.
    """

    kafka: Verdict
    pending_upgrade: Verdict | None = None
    errors: tuple[Exception, ...] = ()
    contested: tuple[str, ...] = ()
    cluster_id: str | None = None
    held: tuple[str, ...] = ()
