"""Strimzi's definitions are deleted, and with them Kafka, under a pipeline that runs."""

import pytest

from tests.e2e import kube
from tests.e2e.strimzi import crds, kafka, steps


def test_the_clients_stay_and_all_of_it_comes_again(installed: None, namespace: str) -> None:
    if crds.is_real():
        pytest.skip("Strimzi itself runs here, and stays")
    with steps.running(namespace):
        kafka.make(namespace)
        kube.apply(kube.pipeline(namespace, steps.NAME, kafka={"cluster": {"name": "demo"}}))
        kube.until_condition(namespace, steps.NAME, "TracesFlowing", "True", seconds=180)
        pods = steps.pods(namespace, "producer") | steps.pods(namespace, "consumer")
        restarts = kube.operator_restarts()
        crds.uninstall()
        kube.until_condition(namespace, steps.NAME, "KafkaReady", "False", "StrimziNotInstalled", seconds=60)
        assert steps.pods(namespace, "producer") | steps.pods(namespace, "consumer") == pods
        crds.install()
        kafka.make(namespace)
        kube.until_condition(namespace, steps.NAME, "KafkaReady", "True", seconds=60)
        kube.until_condition(namespace, steps.NAME, "TracesFlowing", "True", seconds=240)
        assert kube.operator_restarts() == restarts
        kube.kubectl("delete", "tp,kafkatopics,kafkausers", "--all", "-n", namespace, "--wait")
