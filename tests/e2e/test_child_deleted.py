"""Somebody deletes, or edits, what the pipeline is made of."""

import json
import time

import pytest

from tests.e2e import kube

CHILDREN = (
    "deployment/orders-producer",
    "deployment/orders-consumer",
    "service/orders-jaeger",
    "configmap/orders-collector-config",
    "serviceaccount/orders-consumer",
)


@pytest.mark.parametrize("child", CHILDREN)
def test_it_comes_back(flowing: tuple[str, str], child: str) -> None:
    namespace, name = flowing
    before = kube.get(namespace, child)["metadata"]["uid"]
    kube.kubectl("delete", child, "-n", namespace, "--cascade=background", "--wait=false")
    begun = time.monotonic()

    def back() -> bool:
        try:
            return bool(kube.get(namespace, child)["metadata"]["uid"] != before)
        except kube.KubectlError:
            return False

    kube.until(f"{child} is back", 10, back)
    print(f"{child} was back after {time.monotonic() - begun:.2f} s")
    kube.until_condition(namespace, name, "Ready", "True")


def test_an_edit_of_our_fields_is_undone(flowing: tuple[str, str]) -> None:
    namespace, _ = flowing
    patch = json.dumps({"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 1}}}})
    kube.kubectl("patch", "deployment/orders-producer", "-n", namespace, "-p", patch)

    def restored() -> bool:
        pod = kube.get(namespace, "deployment/orders-producer")["spec"]["template"]["spec"]
        return bool(pod["terminationGracePeriodSeconds"] == 30)

    kube.until("the grace period is ours again", 10, restored)
    kube.until_condition(*flowing, "Ready", "True")
