"""Strimzi's own resource definitions, as its generator makes them (tools/strimzi-crds.sh)."""

import re
import subprocess
from pathlib import Path

from tests.e2e import kube

REPOSITORY = Path(__file__).parents[3]
VERSION = re.findall(r"^STRIMZI_VERSION := (.*)$", (REPOSITORY / "versions.mk").read_text(), re.MULTILINE)[0]
FOLDER = REPOSITORY / ".cache" / "strimzi-crds" / VERSION
PLURALS = ("kafkas", "kafkanodepools", "kafkatopics", "kafkausers")
GROUP = "kafka.strimzi.io"


def is_real() -> bool:
    """Whether Strimzi itself runs here."""
    return bool(kube.kubectl("get", "deployments", "-A", "-l", "app=strimzi", "--output=name"))


def install() -> None:
    subprocess.run([REPOSITORY / "tools" / "strimzi-crds.sh"], check=True)
    for plural in PLURALS:
        # Too large for the annotation of a client-side apply.
        kube.kubectl("apply", "--server-side", "--filename", str(FOLDER / f"{plural}.yaml"))
    kube.until("Strimzi's resources are served", 60, lambda: all(map(served, PLURALS)))


def served(plural: str) -> bool:
    try:
        kube.kubectl("get", f"{plural}.{GROUP}", "--all-namespaces")
    except kube.KubectlError:
        return False
    return True


def uninstall() -> None:
    """Remove the definitions with all resources; nobody is there any more to take the topics' finalizers away."""
    for plural in PLURALS:
        if plural != "kafkatopics":
            _delete(plural)
    for line in _topics():
        namespace, name = line.split()
        patch = '{"metadata":{"finalizers":null}}'
        kube.kubectl("patch", "kafkatopic", name, "-n", namespace, "--type=merge", "-p", patch)
    _delete("kafkatopics")


def _delete(plural: str) -> None:
    kube.kubectl("delete", "crd", f"{plural}.{GROUP}", "--ignore-not-found", "--wait")


def _topics() -> list[str]:
    if not served("kafkatopics"):
        return []
    fields = "jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name}{'\\n'}{end}"
    return kube.kubectl("get", "kafkatopics", "--all-namespaces", "--output", fields).splitlines()
