"""Somebody deletes a pipeline."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.e2e import kube

SYSTEM = "tracedpipeline-system"
SCALE = ("scale", "-n", SYSTEM, "deployment/tracedpipeline-operator")
ENDED = re.compile(r"stopped: .*; spans exported (\d+), dropped (\d+)")
KINDS = (
    "persistentvolumeclaims,deployments,replicasets,pods,services,configmaps,serviceaccounts,secrets,networkpolicies"
)
CLIENTS = "app.kubernetes.io/name in (producer,consumer)"
NAMESPACE_OWN = {"configmap/kube-root-ca.crt", "serviceaccount/default"}


def _left(namespace: str) -> set[str]:
    return set(kube.kubectl("get", KINDS, "-n", namespace, "-o", "name").split()) - NAMESPACE_OWN


@pytest.fixture
def operator_comes_back() -> Iterator[None]:
    """Bring the operator back after the story."""
    yield
    kube.kubectl(*SCALE, "--replicas=1")
    kube.kubectl("rollout", "status", "-n", SYSTEM, "deployment/tracedpipeline-operator", "--timeout=180s")


def _send_the_operator_away() -> None:
    kube.kubectl(*SCALE, "--replicas=0")
    kube.kubectl("wait", "--for=delete", "pod", "--all", "-n", SYSTEM, "--timeout=180s")


@pytest.mark.alone
@pytest.mark.usefixtures("operator_comes_back")
def test_nothing_is_left_even_while_the_operator_is_away(namespace: str) -> None:
    kube.apply(kube.pipeline(namespace, "orders"))
    kube.until("its objects are there", 90, lambda: len(kube.owned(namespace, "orders")) == 13)
    _send_the_operator_away()
    # No finalizer: the deletion waits for nobody.
    kube.kubectl("delete", "tp", "orders", "-n", namespace, "--timeout=60s")
    kube.until(f"all is gone, left: {_left(namespace)}", 180, lambda: not _left(namespace))


@pytest.mark.alone
def test_the_state_of_flink_goes_with_the_pipeline(namespace: str) -> None:
    kube.apply(kube.pipeline(namespace, "orders", consumer={"engine": "Flink"}))
    kube.until("the claim is there", 90, lambda: "persistentvolumeclaim/orders-checkpoints" in _left(namespace))
    kube.kubectl("delete", "tp", "orders", "-n", namespace, "--timeout=60s")
    kube.until(f"all is gone, left: {_left(namespace)}", 180, lambda: not _left(namespace))


def _follow(namespace: str, component: str) -> subprocess.Popen[str]:
    """Follow a component's log, which ends with its pod; a first line has come."""
    command = ("kubectl", "logs", "-n", namespace, f"deployment/orders-{component}", "--follow", "--tail=1")
    log = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert log.stdout is not None and log.stdout.readline()
    return log


@pytest.mark.alone
@pytest.mark.parametrize("operator", ["there", "away"])
@pytest.mark.usefixtures("operator_comes_back")
def test_the_clients_drain_before_what_they_need_goes(namespace: str, operator: str) -> None:
    kube.apply(kube.pipeline(namespace, "orders", producer={"ratePerSecond": 100}, consumer={"processingTime": "5ms"}))
    kube.until_condition(namespace, "orders", "TracesFlowing", "True")
    _start_the_clients_again(namespace)
    kube.until(
        "the clients' pods are what holds the rest", 180, lambda: set(_holding(namespace)) == _clients(namespace)
    )
    if operator == "away":
        _send_the_operator_away()
    followed = {component: _follow(namespace, component) for component in ("producer", "consumer")}
    kube.kubectl("delete", "tp", "orders", "-n", namespace, "--timeout=60s")
    for component, log in followed.items():
        assert log.stdout is not None
        with log:
            said = log.stdout.read()
        ended = ENDED.search(said)
        assert ended, f"the {component} was not let end: {said}"
        assert ended[2] == "0", f"the {component} lost spans, so the Collector was gone: {said}"
        assert ("undelivered 0" in said) == (component == "producer"), said
        assert "may come again" not in said, "the last commit was refused"
    kube.until("all is gone", 180, lambda: not _left(namespace))


def _start_the_clients_again(namespace: str) -> None:
    """Have the clients begin while the Collector answers: spans dropped before it did are not lost to the deletion."""
    kube.kubectl("delete", "pods", "-n", namespace, "-l", CLIENTS)
    for component in ("producer", "consumer"):
        kube.kubectl("rollout", "status", "-n", namespace, f"deployment/orders-{component}", "--timeout=180s")


def _clients(namespace: str) -> set[str]:
    """Return the clients' pods."""
    return {pod["metadata"]["name"] for pod in kube.get(namespace, "pods", "-l", CLIENTS)["items"]}


def _holding(namespace: str) -> list[str]:
    """Return the pods that keep what clients need."""
    owners = kube.get(namespace, "configmap", "orders-in-use")["metadata"]["ownerReferences"]
    return [owner["name"] for owner in owners if owner["kind"] == "Pod"]


def test_a_pipeline_made_again_waits_for_the_clients_of_the_one_before(namespace: str) -> None:
    kube.apply(kube.pipeline(namespace, "orders", producer={"ratePerSecond": 100}))
    kube.until_condition(namespace, "orders", "Ready", "True")
    before = kube.get(namespace, "configmap", "orders-in-use")["metadata"]["uid"]
    kube.kubectl("delete", "tp", "orders", "-n", namespace, "--timeout=60s")
    kube.apply(kube.pipeline(namespace, "orders"))
    kube.until_condition(namespace, "orders", "TracesFlowing", "True")
    assert kube.get(namespace, "configmap", "orders-in-use")["metadata"]["uid"] != before
    reasons = [event["reason"] for event in kube.get(namespace, "events")["items"]]
    assert "ObjectNotOwned" not in reasons


def test_a_deletion_in_the_foreground_leaves_nothing_either(namespace: str) -> None:
    kube.apply(kube.pipeline(namespace, "orders"))
    kube.until_condition(namespace, "orders", "Ready", "True")
    kube.kubectl("delete", "tp", "orders", "-n", namespace, "--cascade=foreground", "--timeout=180s")
    kube.until("all is gone", 180, lambda: not _left(namespace))
