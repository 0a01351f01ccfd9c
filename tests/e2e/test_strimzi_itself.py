"""The same with Strimzi itself, where `make kind-up` could install it: then the demo's Kafka is there."""

from pathlib import Path

import pytest
import yaml

from tests.e2e import kube
from tests.e2e.strimzi import crds

EXAMPLE = Path(__file__).parents[2] / "examples" / "strimzi.yaml"


def test_the_first_trace_and_a_renewed_user() -> None:
    if not crds.by_strimzi():
        pytest.skip("Strimzi does not run here: no registry has its images for us")
    body = yaml.safe_load(EXAMPLE.read_text())
    namespace, name = "default", "itself"
    body["metadata"] |= {"namespace": namespace, "name": name}
    body["spec"]["kafka"]["topic"] |= {"name": "itself", "deletionPolicy": "Delete"}
    kube.apply(body)
    kube.until_condition(namespace, name, "TracesFlowing", "True", seconds=240)
    before = kube.get(namespace, "deployment", f"{name}-producer")["metadata"]["generation"]
    kube.kubectl("delete", "secret", f"{name}-producer", "-n", namespace)  # its user operator makes another one

    def rolled() -> bool:
        return bool(kube.get(namespace, "deployment", f"{name}-producer")["metadata"]["generation"] > before)

    kube.until("the producer is rolled", 180, rolled)
    kube.until_condition(namespace, name, "Ready", "True", seconds=120)
    kube.kubectl("delete", "tp", name, "-n", namespace)
    kube.until("its topics are gone", 120, lambda: not kube.get(namespace, "kafkatopics")["items"])
