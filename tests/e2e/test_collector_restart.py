"""A pod of the telemetry's way dies; messages go on, and traces flow again."""

import pytest

from tests.e2e import kube


@pytest.mark.parametrize("component", ["collector", "jaeger"])
def test_traces_flow_again(flowing: tuple[str, str], component: str) -> None:
    namespace, name = flowing
    before = kube.get(namespace, "tp", name)["status"]["lastTrace"]["time"]
    kube.kubectl(
        "delete", "pod", "-n", namespace, "-l", f"app.kubernetes.io/name={component}", "--force", "--grace-period=0"
    )
    kube.until("a trace that was sent after the restart", 240, lambda: _newer_trace(namespace, name, before))
    kube.until_condition(namespace, name, "TracesFlowing", "True")


def _newer_trace(namespace: str, name: str, before: str) -> bool:
    status = kube.get(namespace, "tp", name)["status"]
    ready = next(c for c in status["conditions"] if c["type"] == "Ready")
    return bool(ready["status"] == "True" and status["lastTrace"]["time"] > before)
