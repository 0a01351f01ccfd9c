"""Flink's consumer of a Kafka cluster that Strimzi runs."""

import pytest

from tests.e2e import kube
from tests.e2e.flink.steps import SECONDS
from tests.e2e.strimzi.steps import Strimzi


@pytest.mark.alone
def test_flink_goes_the_same_way_and_survives_a_renewal(strimzi: Strimzi) -> None:
    namespace = strimzi.namespace
    kafka = {"cluster": {"name": "demo"}, "topic": {"name": "streamed", "deletionPolicy": "Delete"}}
    # A node of two processors has little room.
    little = {"resources": {"requests": {"cpu": "50m"}}}
    consumer = {"engine": "Flink", "groupId": "streaming", "flink": {"jobManager": little, "taskManager": little}}
    kube.apply(kube.pipeline(namespace, "stream", kafka=kafka, consumer=consumer))
    kube.until_condition(namespace, "stream", "TracesFlowing", "True", seconds=SECONDS)
    strimzi.renew_user("stream-consumer")
    kube.until_condition(namespace, "stream", "ConsumerReady", "False", "StoppingWithSavepoint", seconds=90)
    kube.until_condition(namespace, "stream", "ConsumerReady", "True", "JobRunning", seconds=SECONDS)
    ends = sum(strimzi.ends("streamed").values())
    kube.until("a result of each order", 90, lambda: sum(strimzi.ends("streamed.results").values()) >= ends)
    kube.kubectl("delete", "tp", "stream", "-n", namespace)
    kube.kubectl("wait", "pod", "-l", "app.kubernetes.io/instance=stream", "-n", namespace, "--for=delete")
