from collections.abc import Iterator

import pytest

from tests.e2e import kube
from tests.e2e.conftest import make_namespace
from tests.e2e.strimzi import crds, kafka, steps
from tests.e2e.strimzi.steps import Strimzi


@pytest.fixture(scope="package")
def installed() -> Iterator[None]:
    if crds.is_real():
        yield
        return
    crds.install()
    yield
    crds.uninstall()


@pytest.fixture(scope="package")
def strimzi(installed: None) -> Iterator[Strimzi]:
    """A namespace with Kafka demo in it."""
    for namespace in make_namespace("e2e-strimzi"):
        with steps.running(namespace) as running:
            kafka.make(namespace)
            yield running
            kube.kubectl("delete", "tp,kafkatopics,kafkausers", "--all", "-n", namespace, "--wait")
