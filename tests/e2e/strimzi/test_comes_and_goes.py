"""Strimzi is installed after the operator, and removed again: nobody has to restart anything."""

import pytest

from tests.e2e import kube
from tests.e2e.strimzi import crds

NAME = "orders"


def test_strimzi_comes_later_and_goes_again(namespace: str) -> None:
    if crds.is_real():
        pytest.skip("Strimzi itself runs here, and stays")
    kube.apply(kube.pipeline(namespace, NAME, kafka={"cluster": {"name": "demo"}}))
    kube.until_condition(namespace, NAME, "Ready", "False", "StrimziNotInstalled", seconds=30)
    restarts = kube.operator_restarts()
    crds.install()
    kube.until_condition(namespace, NAME, "Ready", "False", "KafkaNotFound", seconds=60)
    crds.uninstall()
    kube.until_condition(namespace, NAME, "Ready", "False", "StrimziNotInstalled", seconds=60)
    assert kube.operator_restarts() == restarts
