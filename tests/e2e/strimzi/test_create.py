"""A pipeline has a Kafka cluster of its own created, and never touches one that is not its own."""

import json
from pathlib import Path

import pytest
import yaml

from tests.e2e import kube
from tests.e2e.strimzi import steps
from tests.e2e.strimzi.steps import Strimzi

GOLDENS = Path(__file__).parents[2] / "golden"


def test_a_cluster_of_its_own_comes_and_goes_with_the_pipeline(installed: None, namespace: str) -> None:
    kafka = {"cluster": {"name": "own", "create": True}, "topic": {"deletionPolicy": "Delete"}}
    with steps.running(namespace):
        kube.apply(kube.pipeline(namespace, steps.NAME, kafka=kafka))
        kube.until_condition(namespace, steps.NAME, "TracesFlowing", "True", seconds=300)
        assert kube.get(namespace, "kafkanodepool", "own-dual-role")["spec"]["roles"] == ["controller", "broker"]
        kube.kubectl("delete", "tp", steps.NAME, "-n", namespace)
        what = "kafkas,kafkanodepools,kafkatopics,kafkausers,deployments,pods"
        kube.until("all of it is gone", 120, lambda: not kube.get(namespace, what)["items"])


def test_nobody_elses_kafka_is_made_anew(strimzi: Strimzi) -> None:
    namespace = strimzi.namespace
    before = kube.get(namespace, "kafka", "demo", "--show-managed-fields")["metadata"]
    kube.apply(
        kube.pipeline(
            namespace, "maker", kafka={"cluster": {"name": "demo", "create": True}}, consumer={"groupId": "maker"}
        )
    )
    kube.until_condition(namespace, "maker", "Ready", "False", "KafkaNotOwned", seconds=30)
    assert kube.condition(namespace, "maker", "Stalled")["status"] == "True"
    after = kube.get(namespace, "kafka", "demo", "--show-managed-fields")["metadata"]
    writers = {field["manager"] for field in after["managedFields"]}
    assert "tracedpipeline-operator" not in writers
    assert (after["generation"], after["uid"]) == (before["generation"], before["uid"])
    kube.kubectl("delete", "tp", "maker", "-n", namespace)


@pytest.mark.parametrize("golden", ["strimzi", "strimzi-create"])
def test_the_objects_of_the_examples_are_accepted(installed: None, namespace: str, golden: str) -> None:
    for wanted in yaml.safe_load_all((GOLDENS / f"{golden}.yaml").read_text()):
        wanted["metadata"] |= {"namespace": namespace}
        kube.kubectl("create", "--dry-run=server", "--validate=strict", "--filename", "-", given=json.dumps(wanted))
        if wanted["kind"] == "Kafka":
            wanted["spec"]["kafka"]["replicas"] = 3
            with pytest.raises(kube.KubectlError, match=r'unknown field "spec\.kafka\.replicas"'):
                kube.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", given=json.dumps(wanted))
