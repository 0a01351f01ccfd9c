"""Somebody deletes a pipeline."""

import pytest

from tests.e2e import kube

KINDS = (
    "persistentvolumeclaims,deployments,replicasets,pods,services,configmaps,serviceaccounts,secrets,networkpolicies"
)
NAMESPACE_OWN = {"configmap/kube-root-ca.crt", "serviceaccount/default"}


def _left(namespace: str) -> set[str]:
    return set(kube.kubectl("get", KINDS, "-n", namespace, "-o", "name").split()) - NAMESPACE_OWN


@pytest.mark.alone
def test_nothing_is_left_even_while_the_operator_is_away(namespace: str) -> None:
    kube.apply(kube.pipeline(namespace, "orders"))
    kube.until("its objects are there", 30, lambda: len(kube.owned(namespace, "orders")) == 13)
    scale = ("scale", "-n", "tracedpipeline-system", "deployment/tracedpipeline-operator")
    kube.kubectl(*scale, "--replicas=0")
    try:
        # No finalizer: the deletion waits for nobody.
        kube.kubectl("delete", "tp", "orders", "-n", namespace, "--timeout=10s")
        kube.until(f"all is gone, left: {_left(namespace)}", 90, lambda: not _left(namespace))
    finally:
        kube.kubectl(*scale, "--replicas=1")
        kube.kubectl(
            "rollout", "status", "-n", "tracedpipeline-system", "deployment/tracedpipeline-operator", "--timeout=60s"
        )


@pytest.mark.alone
def test_the_state_of_flink_goes_with_the_pipeline(namespace: str) -> None:
    kube.apply(kube.pipeline(namespace, "orders", consumer={"engine": "Flink"}))
    kube.until("the claim is there", 30, lambda: "persistentvolumeclaim/orders-checkpoints" in _left(namespace))
    kube.kubectl("delete", "tp", "orders", "-n", namespace, "--timeout=10s")
    kube.until(f"all is gone, left: {_left(namespace)}", 120, lambda: not _left(namespace))
