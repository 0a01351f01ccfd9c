"""The operator ends and starts again."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e import kube

_QUIET_SECONDS = 20
# What only an operator that looks at the pipeline puts back.
_WITHOUT_SELECTOR = '{"status": {"selector": null}}'
OPERATOR = ("-n", "tracedpipeline-system")


def _versions(namespace: str, name: str) -> dict[str, str]:
    return {
        component: item["metadata"]["generation"]
        if "generation" in item["metadata"]
        else item["metadata"]["resourceVersion"]
        for component, item in kube.owned(namespace, name).items()
    }


def _applied(namespace: str, name: str) -> dict[str, Any]:
    """When the operator wrote each object last, as the API server recorded it."""
    items = kube.kubectl(
        "get", "deployments,services,configmaps,serviceaccounts", "-n", namespace, "--show-managed-fields",
        "-o", "json", "-l", f"app.kubernetes.io/instance={name}",
    )  # fmt: skip
    return {
        f"{item['kind']}/{item['metadata']['name']}": [
            entry for entry in item["metadata"]["managedFields"] if entry["manager"] == "tracedpipeline-operator"
        ]
        for item in json.loads(items)["items"]
    }


def _restart(*how: str) -> None:
    kube.kubectl("delete", "pod", *OPERATOR, "--all", *how)
    kube.kubectl("rollout", "status", *OPERATOR, "deployment/tracedpipeline-operator", "--timeout=180s")


@pytest.mark.alone
def test_a_restart_writes_nothing(flowing: tuple[str, str]) -> None:
    namespace, name = flowing
    kube.until("no story before has an effect any more", 120, lambda: _lasting(namespace, name))
    objects, applied = _versions(namespace, name), _applied(namespace, name)
    conditions = kube.get(namespace, "tp", name)["status"]["conditions"]
    _restart()
    kube.kubectl("patch", "tp", name, "-n", namespace, "--subresource=status", "--type=merge", "-p", _WITHOUT_SELECTOR)
    kube.until("the new operator has looked at it", 120, lambda: _selector(namespace, name))
    log = kube.kubectl("logs", *OPERATOR, "deploy/tracedpipeline-operator")
    assert f"{namespace}/{name}: wrote " not in log, "every write is logged"
    assert _versions(namespace, name) == objects
    assert _applied(namespace, name) == applied
    assert kube.get(namespace, "tp", name)["status"]["conditions"] == conditions


def _lasting(namespace: str, name: str) -> bool:
    """Whether it is ready and nothing changed for a while: a consumer may lose its partitions after Kafka's pause."""
    conditions = kube.get(namespace, "tp", name)["status"]["conditions"]
    changed = max(datetime.fromisoformat(each["lastTransitionTime"]) for each in conditions)
    ready = next(each["status"] for each in conditions if each["type"] == "Ready")
    return ready == "True" and (datetime.now(UTC) - changed).total_seconds() > _QUIET_SECONDS


def _selector(namespace: str, name: str) -> bool:
    return "selector" in kube.get(namespace, "tp", name)["status"]


@pytest.mark.alone
def test_killed_between_writes_it_converges(namespace: str) -> None:
    kube.apply(kube.pipeline(namespace, "orders"))
    for _ in range(3):
        _restart("--force", "--grace-period=0")
    kube.until_condition(namespace, "orders", "TracesFlowing", "True", seconds=120)
    assert len(kube.owned(namespace, "orders")) == 13
