"""Where the Flink Kubernetes Operator's resource is known, the job is its; the real API server judges the objects.

A fake, as its image is in no package index. Where the real one runs, the other stories are about it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e import kube
from tests.e2e.flink import fake_flink_operator

GOLDEN = Path(__file__).parents[2] / "golden" / "flink-with-its-operator.yaml"
OPERATOR = ("-n", "tracedpipeline-system")
ERROR = "org.apache.flink.kubernetes.operator.exception"


@pytest.fixture(autouse=True)
def alone() -> None:
    if fake_flink_operator.is_real():
        pytest.skip("the Flink Kubernetes Operator itself is here, and would lose its definitions")


@pytest.fixture
def known() -> Iterator[None]:
    fake_flink_operator.install()
    yield
    fake_flink_operator.uninstall()


def test_the_objects_of_the_example_are_accepted(known: None, namespace: str) -> None:
    for wanted in yaml.safe_load_all(GOLDEN.read_text()):
        wanted["metadata"] |= {"namespace": namespace}
        for subject in wanted.get("subjects", ()):
            subject["namespace"] = namespace
        kube.kubectl("create", "--dry-run=server", "--validate=strict", "--filename", "-", given=json.dumps(wanted))
        if wanted["kind"] == "FlinkDeployment":
            wanted["spec"]["jobManagers"] = {}
            with pytest.raises(kube.KubectlError, match=r'unknown field "spec\.jobManagers"'):
                kube.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", given=json.dumps(wanted))


STABLE: dict[str, Any] = {
    "lifecycleState": "STABLE",
    "jobManagerDeploymentStatus": "READY",
    "jobStatus": {"state": "RUNNING"},
}
STAGES: list[tuple[dict[str, Any], str]] = [
    ({"lifecycleState": "DEPLOYED", "jobManagerDeploymentStatus": "DEPLOYING"}, "JobStarting"),
    (
        {
            "lifecycleState": "DEPLOYED",
            "jobManagerDeploymentStatus": "ERROR",
            "error": json.dumps({"type": f"{ERROR}.DeploymentFailedException", "message": "Back-off pulling image"}),
        },
        "FlinkBlocked",
    ),
    (
        {
            "lifecycleState": "FAILED",
            "jobManagerDeploymentStatus": "READY",
            "jobStatus": {"state": "FAILED"},
            "error": json.dumps({"type": "SerializedThrowable", "message": "a", "throwableList": [{"message": "why"}]}),
        },
        "JobFailed",
    ),
    (
        {
            "lifecycleState": "UPGRADING",
            "jobManagerDeploymentStatus": "MISSING",
            "jobStatus": {"state": "FINISHED"},
        },
        "StoppingWithSavepoint",
    ),
]


def _image() -> str:
    (container,) = kube.get("tracedpipeline-system", "deployment/tracedpipeline-operator")["spec"]["template"]["spec"][
        "containers"
    ]
    return str(container["image"])


def test_the_resource_comes_its_status_is_mirrored_and_it_goes(namespace: str) -> None:
    fake_flink_operator.uninstall()
    restarts = kube.operator_restarts()
    fake_flink_operator.install()
    try:
        _is_mirrored(namespace)
    finally:
        fake_flink_operator.uninstall()
    # Without it the pipeline runs a cluster of its own, on the same volume.
    kube.until(
        "the JobManager of a cluster of its own",
        60,
        lambda: "Deployment/orders-jobmanager" in kube.owned(namespace, "orders"),
    )
    assert kube.operator_restarts() == restarts, "the operator has not been restarted, and has not crashed"


def _is_mirrored(namespace: str) -> None:
    kube.apply(kube.pipeline(namespace, "orders", consumer={"engine": "Flink"}))
    kube.until(
        "the FlinkDeployment",
        60,
        lambda: kube.kubectl("get", "flinkdeployments", "-n", namespace, "-o", "name").split(),
    )
    assert not {"Deployment/orders-jobmanager", "Service/orders-jobmanager"} & kube.owned(namespace, "orders").keys()
    for status, reason in STAGES:
        found = {"jobStatus": {"state": "RECONCILING"}, **status}
        fake_flink_operator.write_status(namespace, "orders-consumer", **found)
        kube.until_condition(namespace, "orders", "ConsumerReady", "False", reason, seconds=30)
    fake_flink_operator.start_job(namespace, "orders", _image())
    fake_flink_operator.write_status(namespace, "orders-consumer", **STABLE)
    kube.until_condition(namespace, "orders", "ConsumerReady", "True", "JobRunning", seconds=60)
    fake_flink_operator.write_status(namespace, "orders-consumer", **STABLE | {"jobStatus": {"state": "RESTARTING"}})
    kube.until_condition(namespace, "orders", "ConsumerReady", "False", "JobRestarting", seconds=60)
