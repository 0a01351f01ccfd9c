"""A Lease as it is written and read."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tracedpipeline.kubernetes_api import lease_document
from tracedpipeline.kubernetes_api.lease_document import DURATION_SECONDS, LONGEST_SECONDS

THEN, NOW = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)


def taken(by: str, lease: Any = None, at: datetime = NOW) -> dict[str, Any]:
    return lease_document.taken(lease or lease_document.new("kit", "operator"), by, at)


def test_a_lease_that_nobody_has_had() -> None:
    assert taken("a") == {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "namespace": "kit",
            "name": "operator",
            "labels": {"app.kubernetes.io/managed-by": "tracedpipeline-operator"},
        },
        "spec": {
            "holderIdentity": "a",
            "leaseDurationSeconds": DURATION_SECONDS,
            "acquireTime": "2026-01-02T03:04:05.000006Z",
            "renewTime": "2026-01-02T03:04:05.000006Z",
            "leaseTransitions": 0,
        },
    }


def test_who_renews_it_has_it_since_it_took_it() -> None:
    spec = taken("a", taken("a", at=THEN))["spec"]
    assert (spec["acquireTime"], spec["renewTime"]) == ("2026-01-02T00:00:00.000000Z", "2026-01-02T03:04:05.000006Z")
    assert spec["leaseTransitions"] == 0


def test_another_holder_is_a_transition() -> None:
    spec = taken("b", taken("a", at=THEN))["spec"]
    assert (spec["holderIdentity"], spec["leaseTransitions"]) == ("b", 1)
    assert spec["acquireTime"] == "2026-01-02T03:04:05.000006Z"


def test_one_that_is_released_has_no_holder() -> None:
    released = lease_document.released(taken("a", at=THEN), NOW)
    assert lease_document.holder(released) == ""
    assert taken("b", released)["spec"]["leaseTransitions"] == 1


@pytest.mark.parametrize("lease", [{}, {"spec": None}, {"spec": {}}, {"spec": {"holderIdentity": None}}])
def test_what_others_left_out_is_nobodys(lease: dict[str, Any]) -> None:
    assert (lease_document.holder(lease), lease_document.duration(lease)) == ("", DURATION_SECONDS)


@pytest.mark.parametrize(("said", "believed"), [(7, 7), (10**9, LONGEST_SECONDS), (0, DURATION_SECONDS)])
def test_a_duration_is_believed_within_reason(said: int, believed: float) -> None:
    assert lease_document.duration({"spec": {"leaseDurationSeconds": said}}) == believed
