"""Lists of checks: the first that has a verdict decides, and none is asked after it."""

from collections.abc import Iterator
from typing import Any

import pytest
from tracedpipeline.flink import deployment_status, health, job_checks
from tracedpipeline.kafka.strimzi import checks
from tracedpipeline.status import readiness
from tracedpipeline.verdict import Verdict, first

LISTS = [
    (readiness, "COMPONENT_CHECKS"),
    (checks, "CLUSTER_CHECKS"),
    (checks, "KAFKA_CHECKS"),
    (checks, "ENTITY_CHECKS"),
    (health, "JOB_MANAGER_CHECKS"),
    (health, "ENDED_CHECKS"),
    (job_checks, "RUNNING_CHECKS"),
    (job_checks, "WAITING_CHECKS"),
    (deployment_status, "PROBLEMS"),
    (deployment_status, "STAGES"),
]


def test_the_first_verdict_decides() -> None:
    one, other = Verdict(True, "One", ""), Verdict(False, "Other", "")

    def verdicts() -> Iterator[Verdict | None]:
        yield None
        yield one
        yield other
        raise AssertionError

    assert first(verdicts()) is one
    assert first([None, None]) is None
    assert first([]) is None


@pytest.mark.parametrize(("module", "name"), LISTS, ids=[name for _, name in LISTS])
def test_no_check_is_in_a_list_twice(module: Any, name: str) -> None:
    found = getattr(module, name)
    assert len(set(found)) == len(found) > 1
