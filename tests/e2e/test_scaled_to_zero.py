"""A pipeline rests at 0 pods and says so; scaled up again it goes on, with what its variables refer to."""

import pytest

from tests.e2e import kube


def test_a_consumer_rests_and_goes_on(namespace: str) -> None:
    secret = {"name": "REGION", "valueFrom": {"secretKeyRef": {"name": "place", "key": "region"}}}
    kube.kubectl("create", "secret", "generic", "place", "-n", namespace, "--from-literal=region=north")
    kube.apply(kube.pipeline(namespace, "orders", consumer={"replicas": 0, "env": [secret]}))
    kube.until_condition(namespace, "orders", "Ready", "True", words="scaled to 0: Consumer")
    kube.until_condition(namespace, "orders", "TracesFlowing", "Unknown", "ScaledToZero")
    kube.kubectl("scale", "tp", "orders", "-n", namespace, "--replicas=1")
    kube.until_condition(namespace, "orders", "TracesFlowing", "True")
    region = kube.kubectl("exec", "-n", namespace, "deploy/orders-consumer", "--", "printenv", "REGION")
    assert region == "north\n"
    kube.kubectl("scale", "tp", "orders", "-n", namespace, "--replicas=0")
    kube.until_condition(namespace, "orders", "ConsumerReady", "True", "ScaledToZero")


def test_a_job_of_flink_cannot_be_scaled_to_0(namespace: str) -> None:
    kube.apply(kube.pipeline(namespace, "orders", paused=True, consumer={"engine": "Flink"}))
    with pytest.raises(kube.KubectlError, match="at least 1, at most 128"):
        kube.kubectl("scale", "tp", "orders", "-n", namespace, "--replicas=0")
