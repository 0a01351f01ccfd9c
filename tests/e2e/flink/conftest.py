import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e import kube
from tests.e2e.conftest import make_namespace
from tests.e2e.flink.steps import SECONDS, ByFlink

EXAMPLE = Path(__file__).parents[3] / "examples" / "flink.yaml"


@pytest.fixture(scope="package")
def by_flink() -> Iterator[ByFlink]:
    """The example with Flink, on a new topic and one TaskManager, for the stories that leave it running.

    A job takes a minute to start, so that all share one. By the files' names, the stories with Flink's operator, which
    would take it over, come before it is there, and those that leave it changed come last.
    """
    for namespace in make_namespace("e2e-flink"):
        body = yaml.safe_load(EXAMPLE.read_text())
        name, body["metadata"]["namespace"] = body["metadata"]["name"], namespace
        topic = body["spec"]["kafka"]["topic"]["name"] = f"{namespace}-{uuid.uuid4().hex[:8]}"
        body["spec"]["consumer"]["replicas"] = 1
        kube.apply(body)
        kube.until_condition(namespace, name, "TracesFlowing", "True", seconds=SECONDS)
        yield ByFlink(namespace, name, topic)
        kube.kubectl("delete", "tp", name, "-n", namespace)
        # The node has no room for much else beside it.
        kube.kubectl("wait", "pod", "--all", "-n", namespace, "--for=delete", "--timeout=180s")
