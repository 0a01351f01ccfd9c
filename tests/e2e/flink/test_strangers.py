"""Somebody else's TaskManager, in the pipeline's own namespace: it gets no task. The key can be replaced."""

import base64
from typing import Any

import pytest
from tracedpipeline.desired import flink_tls
from tracedpipeline.flink import tls_key

from tests.e2e import kube
from tests.e2e.flink import fake_flink_operator
from tests.e2e.flink.steps import SECONDS, ByFlink, nothing_is_lost

OURS = ("FLINK_TLS_STORE", "FLINK_PROPERTIES")


@pytest.fixture(autouse=True)
def of_its_own() -> None:
    if fake_flink_operator.is_real():
        pytest.skip("with high availability services a TaskManager has to read the JobManager's address in a ConfigMap")


@pytest.mark.parametrize(
    ("keys", "refusal"),
    [({}, "NotSslRecordException"), ({"FLINK_TLS_STORE": flink_tls.STORE_FILE}, "SSLHandshakeException")],
    ids=["without-a-key", "with-a-key-of-its-own"],
)
def test_a_strangers_task_manager_is_refused(by_flink: ByFlink, keys: dict[str, str], refusal: str) -> None:
    namespace = by_flink.namespace
    before, said = _task_managers(by_flink), by_flink.log().count(refusal)
    kube.apply(_secret(by_flink), _stranger(by_flink, keys))
    try:
        kube.until("the JobManager refuses it", SECONDS, lambda: by_flink.log().count(refusal) > said)
        kube.until(
            "the stranger finds no JobManager",
            60,
            lambda: "Could not resolve ResourceManager" in kube.kubectl("logs", "-n", namespace, "stranger"),
        )
        assert _task_managers(by_flink) == before
    finally:
        kube.kubectl("delete", "pod", "stranger", "-n", namespace, "--force", "--grace-period=0")
    assert kube.condition(namespace, by_flink.name, "ConsumerReady")["reason"] == "JobRunning"


def test_another_key_is_made_where_the_secret_is_deleted_and_the_job_goes_on(by_flink: ByFlink) -> None:
    namespace, name, topic = by_flink
    old = kube.get(namespace, "secret", f"{name}-flink-tls")
    kube.kubectl("delete", "secret", f"{name}-flink-tls", "-n", namespace)
    kube.until_condition(namespace, name, "ConsumerReady", "False", "StoppingWithSavepoint", seconds=120)
    by_flink.runs_again()
    new = kube.get(namespace, "secret", f"{name}-flink-tls")
    assert new["data"] != old["data"]
    assert len(_task_managers(by_flink)) == 1
    nothing_is_lost(topic)


def _task_managers(by_flink: ByFlink) -> set[str]:
    path = f"/api/v1/namespaces/{by_flink.namespace}/services/{by_flink.name}-jobmanager:8081/proxy/taskmanagers"
    return {each["id"] for each in kube.raw(path)["taskmanagers"]}


def _secret(by_flink: ByFlink) -> kube.Object:
    """Another key, in a certificate of the same name."""
    data = {flink_tls.STORE: base64.b64encode(tls_key.store(by_flink.name)).decode()}
    metadata = {"name": "stranger", "namespace": by_flink.namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


def _stranger(by_flink: ByFlink, keys: dict[str, str]) -> kube.Object:
    """The pipeline's own TaskManager, but for the key, its labels and its size."""
    (pod,) = by_flink.pods("taskmanager")
    (container,) = pod["spec"]["containers"]
    variables = [variable for variable in container["env"] if variable["name"] not in OURS]
    variables += [{"name": name, "value": value} for name, value in keys.items()]
    variables.append({"name": "FLINK_PROPERTIES", "value": "taskmanager.memory.process.size: 1000m"})
    volumes = [_stranger_volume(volume) for volume in pod["spec"]["volumes"]]
    kept = ("image", "args", "securityContext", "volumeMounts")
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "stranger", "namespace": by_flink.namespace},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": pod["spec"]["securityContext"],
            "containers": [{"name": "stranger", "env": variables, **{field: container[field] for field in kept}}],
            "volumes": volumes,
        },
    }


def _stranger_volume(volume: dict[str, Any]) -> dict[str, Any]:
    return {"name": "tls", "secret": {"secretName": "stranger"}} if volume["name"] == "tls" else volume
