import json

import pytest
from tracedpipeline import desired, naming
from tracedpipeline.find import pod
from tracedpipeline.kafka import plan
from tracedpipeline.manifests import pipelines
from tracedpipeline.settings import Settings

SPEC = b"""
apiVersion: tracedpipeline.dev/v1alpha1
kind: TracedPipeline
metadata: {name: orders, namespace: shop}
spec:
  kafka:
    bootstrapServers: kafka:9093
    security: {protocol: SASL_SSL, mechanism: SCRAM-SHA-512, credentialsSecret: login, caSecret: ca}
"""
REQUEST = {"key": "aw==", "seconds": 30}


def made(engine: str) -> dict[str, object]:
    spec = SPEC + (b"  consumer: {engine: Flink}\n" if engine == "Flink" else b"")
    (pipeline,) = pipelines.read(spec).pipelines
    objects = desired.build(pipeline, plan.access(pipeline), Settings.from_environment({}))
    by_name = {each["metadata"]["name"]: each for each in objects if each["kind"] == "Deployment"}
    deployment = by_name[pod.deployments("orders", engine)[0]]
    deployment["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "K", "name": "n", "uid": "u", "controller": True, "blockOwnerDeletion": True}
    ]
    return pod.reader("orders", engine, deployment, "find", REQUEST, {"LOG_LEVEL": "DEBUG"})


@pytest.mark.parametrize("engine", ["Python", "Flink"])
def test_it_has_what_the_consumer_reaches_kafka_with_and_no_more(engine: str) -> None:
    found = made(engine)
    spec = json.loads(json.dumps(found))["spec"]
    (container,) = spec["containers"]
    variables = {each["name"]: each.get("value") for each in container["env"]}
    assert variables["LOG_LEVEL"] == "DEBUG"
    assert variables["KAFKA_GROUP_ID"] and variables["KAFKA_SASL_CREDENTIALS_DIR"] == "/etc/kafka/credentials"
    mounted = {each["mountPath"] for each in container["volumeMounts"]}
    assert mounted == {"/tmp", "/etc/kafka/credentials", "/etc/kafka/ca"}
    assert {each["name"] for each in spec["volumes"]} == {each["name"] for each in container["volumeMounts"]}
    assert container["command"] == [pod.PYTHON[engine], "-m", "traced_common.finding", json.dumps(REQUEST)]
    assert not {"args", "ports", "readinessProbe", "livenessProbe", "startupProbe"} & container.keys()
    assert container["securityContext"]["readOnlyRootFilesystem"] and spec["automountServiceAccountToken"] is False
    assert spec["restartPolicy"] == "Never" and spec["activeDeadlineSeconds"] == 180


def test_no_deployment_and_no_service_takes_it_for_a_consumers() -> None:
    metadata = json.loads(json.dumps(made("Python")))["metadata"]
    assert metadata["labels"]["app.kubernetes.io/name"] == "find"
    assert metadata["ownerReferences"] == [{"apiVersion": "v1", "kind": "K", "name": "n", "uid": "u"}]


UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1"}


def waiting(reason: str, **more: str) -> dict[str, object]:
    return {"containerStatuses": [{"state": {"waiting": {"reason": reason, **more}}}]}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({}, ""),
        (waiting("ContainerCreating"), ""),
        (waiting("PodInitializing"), ""),
        (waiting("InvalidImageName"), "InvalidImageName: "),
        (waiting("ErrImagePull", message="no"), "ErrImagePull: no"),
        ({"conditions": [UNSCHEDULABLE]}, "Unschedulable: 0/1"),
        ({"conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}]}, ""),
        ({"conditions": [{"type": "PodScheduled", "status": "True"}]}, ""),
        ({"conditions": [{"type": "PodScheduled", "status": "False"}]}, "None: "),
    ],
)
def test_what_keeps_it_from_running(status: dict[str, object], said: str) -> None:
    assert pod.problem({"status": status}) == said


def test_the_whole_pod() -> None:
    mount, volume = {"name": "ca", "mountPath": "/etc/kafka/ca"}, {"name": "ca", "secret": {"secretName": "ca"}}
    container = {
        "image": "consumer:1",
        "ports": [{"containerPort": 8080}],
        "env": [{"name": "KAFKA_TOPIC", "value": "t"}, {"name": "LOG_LEVEL", "value": "INFO"}],
        "volumeMounts": [mount, {"name": "state", "mountPath": "/opt/flink/state"}],
    }
    template = {
        "serviceAccountName": "orders",
        "affinity": {},
        "containers": [container],
        "volumes": [volume, {"name": "state", "emptyDir": {}}],
    }
    deployment = {"metadata": {}, "spec": {"template": {"spec": template}}}
    labels = {
        "app.kubernetes.io/name": "redrive",
        "app.kubernetes.io/instance": "orders",
    }
    found = pod.reader("orders", "Flink", deployment, "redrive", {"limit": 3}, {"LOG_LEVEL": "DEBUG"})
    assert found == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": "orders-redrive-",
            "labels": found["metadata"]["labels"] | labels,
            "ownerReferences": [],
        },
        "spec": {
            "serviceAccountName": "orders",
            "restartPolicy": "Never",
            "activeDeadlineSeconds": 3720,
            "automountServiceAccountToken": False,
            "containers": [
                {
                    "image": "consumer:1",
                    "name": "redrive",
                    "command": ["/opt/venv/bin/python", "-m", "traced_common.redriving", '{"limit": 3}'],
                    "resources": {"requests": {"cpu": "50m", "memory": "96Mi"}, "limits": {"memory": "256Mi"}},
                    "volumeMounts": [mount],
                    "env": [{"name": "KAFKA_TOPIC", "value": "t"}, {"name": "LOG_LEVEL", "value": "DEBUG"}],
                }
            ],
            "volumes": [volume],
        },
    }
    assert len(found["metadata"]["labels"]) == len(naming.selector("orders", "redrive"))


def test_a_deployment_that_mounts_nothing() -> None:
    container = {"image": "consumer:1", "env": [{"name": "A", "value": "b"}]}
    deployment = {"metadata": {}, "spec": {"template": {"spec": {"containers": [container]}}}}
    spec = pod.reader("orders", "Python", deployment, "find", {"seconds": 1.5})["spec"]
    assert (spec["volumes"], spec["containers"][0]["volumeMounts"]) == ([], [])
    assert spec["containers"][0]["env"] == [{"name": "A", "value": "b"}]
    assert spec["activeDeadlineSeconds"] == 123
