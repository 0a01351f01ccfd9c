from typing import Any

import pytest
from tracedpipeline.api import Resources
from tracedpipeline.kubernetes_api import containers

OWN = {"cpu": "100m", "memory": "128Mi"}


def resources(limit: str = "256Mi", **wanted: Any) -> dict[str, Any]:
    return containers.resources(Resources.model_validate(wanted), **OWN, memory_limit=limit)


@pytest.mark.parametrize(
    ("wanted", "requests", "limits"),
    [
        ({}, OWN, {"memory": "256Mi"}),
        ({"requests": {"cpu": "0.5"}}, OWN | {"cpu": "500m"}, {"memory": "256Mi"}),
        ({"requests": {"memory": "1024Mi"}}, OWN | {"memory": "1Gi"}, {"memory": "1Gi"}),
        ({"limits": {"memory": "64Mi"}}, OWN | {"memory": "64Mi"}, {"memory": "64Mi"}),
        ({"limits": {"cpu": "50m"}}, OWN | {"cpu": "50m"}, {"cpu": "50m", "memory": "256Mi"}),
        (
            {"requests": {"memory": "1Gi"}, "limits": {"cpu": "50m", "memory": "2Gi"}},
            {"cpu": "50m", "memory": "1Gi"},
            {"cpu": "50m", "memory": "2Gi"},
        ),
    ],
    ids=[
        "nothing is given",
        "a request",
        "a request above our limit",
        "a limit below our request",
        "a limit where we have none",
        "both",
    ],
)
def test_what_the_spec_gives_wins_and_the_kits_own_gives_way(
    wanted: dict[str, Any], requests: dict[str, str], limits: dict[str, str]
) -> None:
    assert resources(**wanted) == {"requests": requests, "limits": limits}


def test_a_limit_that_is_no_less_than_the_request_stays_as_it_is_written() -> None:
    assert resources("1024Mi", requests={"memory": "1Gi"})["limits"] == {"memory": "1024Mi"}


@pytest.mark.parametrize(("limit", "memory"), [("1Gi", "1Gi"), ("0", "2Gi")])
def test_a_limit_of_0_is_none(limit: str, memory: str) -> None:
    assert containers.memory_limit({"limits": {"memory": limit}}, "2Gi") == memory


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"limits": {"cpu": "1"}},
        {"requests": {"memory": "1Gi"}},
        {"requests": {"cpu": "1"}, "limits": {"cpu": "2", "memory": "2Gi"}},
    ],
)
def test_what_is_given_is_no_more_than_that(given: dict[str, Any]) -> None:
    assert containers.given_resources(Resources.model_validate(given)) == given
