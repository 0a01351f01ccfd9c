"""A fake of the Flink Kubernetes Operator: its resource, and what it does; its image is in no package index."""

import hashlib
import io
import json
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import yaml

from tests.e2e import kube

VERSION = "1.10.0"
CHECKSUM = "b1f44814e17514fa8395c61b329a3ee9087123a5bda5b21fe1a495d5182c30b6"
JAR = f"flink-kubernetes-operator-api-{VERSION}.jar"
URL = f"https://repo1.maven.org/maven2/org/apache/flink/flink-kubernetes-operator-api/{VERSION}/{JAR}"
CRD = "flinkdeployments.flink.apache.org"
CACHE = Path(__file__).parents[3] / ".cache"
JOB = "c" * 32


def definition() -> Any:
    """The published CustomResourceDefinition.

    1.10 is the newest in Maven Central; its enumeration of Flink's versions ends before the one that we ask for, which
    1.15 knows. That one word is added, nothing else.
    """
    with zipfile.ZipFile(io.BytesIO(_jar())) as jar:
        found = yaml.safe_load(jar.read(f"META-INF/fabric8/{CRD}-v1.yml"))
    (version,) = found["spec"]["versions"]
    versions = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["flinkVersion"]["enum"]
    assert "v2_2" not in versions, "it is known now: add nothing any more"
    versions.append("v2_2")
    return found


def _jar() -> bytes:
    kept = CACHE / JAR
    if not kept.exists():
        with urllib.request.urlopen(URL, timeout=60) as answer:
            kept.write_bytes(answer.read())
    content = kept.read_bytes()
    assert hashlib.sha256(content).hexdigest() == CHECKSUM, f"{kept} is not what it should be: remove it"
    return content


def is_real() -> bool:
    """Whether the operator itself runs here."""
    selector = "app.kubernetes.io/name=flink-kubernetes-operator"
    return bool(kube.kubectl("get", "deployments", "-A", "-l", selector, "--output=name"))


def install() -> None:
    # Too large for the annotation of a client-side apply.
    kube.kubectl("apply", "--server-side", "--filename", "-", given=json.dumps(definition()))
    kube.until("the resource is served", 90, lambda: _served("get", "flinkdeployments", "-A"))


def _served(*arguments: str) -> bool:
    try:
        kube.kubectl(*arguments)
    except kube.KubectlError:
        return False
    return True


def uninstall() -> None:
    kube.kubectl("delete", "crd", CRD, "--ignore-not-found", "--timeout=180s")


def write_status(namespace: str, name: str, **status: Any) -> None:
    """Write what the operator writes, for the generation that is there."""
    generation = kube.get(namespace, f"flinkdeployment/{name}")["metadata"]["generation"]
    body = json.dumps({"status": {"observedGeneration": generation, "error": None, **status}})
    kube.kubectl(
        "patch", "flinkdeployment", name, "-n", namespace, "--subresource=status", "--type=merge", "--patch", body
    )


def start_job(namespace: str, pipeline: str, image: str) -> None:
    """Make the pods that the operator and Flink would make; the JobManager's tells of a running job, for ever."""
    documents = {
        "cluster": {"taskmanagers": 1, "slots-total": 1, "slots-available": 0},
        "overview": {
            "jobs": [
                {
                    "jid": JOB,
                    "start-time": 1,
                    "last-modification": 2,
                    "state": "RUNNING",
                    "tasks": {"total": 2, "running": 2},
                }
            ]
        },
        "exceptions": {"exceptionHistory": {"entries": []}},
        "checkpoints": {"counts": {"completed": 1}, "latest": {}},
    }
    files = {key: json.dumps(document) for key, document in documents.items()}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _named(namespace, "rest"), "data": files}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _named(namespace, f"{pipeline}-consumer-rest"),
        "spec": {"selector": {"app.kubernetes.io/name": "jobmanager"}, "ports": [{"port": 8081}]},
    }
    pods = [_pod(namespace, pipeline, component, image) for component in ("jobmanager", "taskmanager")]
    kube.apply(config, service, *pods)


def _named(namespace: str, name: str) -> dict[str, str]:
    return {"namespace": namespace, "name": name}


def _pod(namespace: str, pipeline: str, component: str, image: str) -> kube.Object:
    template = kube.get(namespace, f"flinkdeployment/{pipeline}-consumer")["spec"]
    role = {"jobmanager": "jobManager", "taskmanager": "taskManager"}[component]
    places = {
        "cluster": "overview",
        "overview": "jobs/overview",
        "exceptions": f"jobs/{JOB}/exceptions",
        "checkpoints": f"jobs/{JOB}/checkpoints",
    }
    items = [{"key": key, "path": path} for key, path in places.items()]
    container = {
        "name": "fake",
        "image": image,
        "command": ["/app/.venv/bin/python", "-m", "http.server", "8081", "--directory", "/rest"],
        "securityContext": template["podTemplate"]["spec"]["containers"][0]["securityContext"],
        "volumeMounts": [{"name": "rest", "mountPath": "/rest"}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **_named(namespace, f"fake-{component}"),
            "labels": template[role]["podTemplate"]["metadata"]["labels"],
        },
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "securityContext": template["podTemplate"]["spec"]["securityContext"],
            "containers": [container],
            "volumes": [{"name": "rest", "configMap": {"name": "rest", "items": items}}],
        },
    }
