"""Somebody changes the spec of a running pipeline."""

import json

from tests.e2e import kube


def _revision(namespace: str, component: str) -> str:
    found = kube.get(namespace, f"deployment/orders-{component}")["metadata"]["annotations"]
    return str(found["deployment.kubernetes.io/revision"])


def test_only_the_pods_that_the_change_concerns_are_rolled(flowing: tuple[str, str]) -> None:
    namespace, name = flowing
    kube.until_condition(namespace, name, "Ready", "True")
    before = {
        component: _revision(namespace, component) for component in ("producer", "consumer", "collector", "jaeger")
    }
    change = json.dumps({"spec": {"producer": {"ratePerSecond": 25}}})
    kube.kubectl("patch", "tp", name, "-n", namespace, "--type=merge", "-p", change)
    kube.until("the producer is rolled", 90, lambda: _revision(namespace, "producer") != before["producer"])
    generation = kube.get(namespace, "tp", name)["metadata"]["generation"]
    kube.until(
        "Ready speaks of the new generation",
        60,
        lambda: (
            (c := kube.condition(namespace, name, "Ready"))["status"] == "True"
            and c["observedGeneration"] == generation
        ),
    )
    for component in ("consumer", "collector", "jaeger"):
        assert _revision(namespace, component) == before[component]
    kube.until_condition(namespace, name, "TracesFlowing", "True")


def test_a_paused_pipeline_is_left_alone_and_goes_on_later(namespace: str) -> None:
    kube.apply(kube.pipeline(namespace, "orders", paused=True))
    kube.until_condition(namespace, "orders", "Ready", "False", "Paused")
    assert kube.owned(namespace, "orders") == {}
    kube.kubectl("patch", "tp", "orders", "-n", namespace, "--type=merge", "-p", '{"spec":{"paused":false}}')
    kube.until_condition(namespace, "orders", "Ready", "True")


def test_the_scale_subresource_scales_the_consumer(flowing: tuple[str, str]) -> None:
    namespace, name = flowing
    kube.kubectl("scale", "tp", name, "-n", namespace, "--replicas=2")
    kube.until(
        "two consumers are ready", 60, lambda: kube.get(namespace, "tp", name)["status"]["consumerReplicas"] == 2
    )
    kube.kubectl("scale", "tp", name, "-n", namespace, "--replicas=1")
    kube.until("one consumer is left", 60, lambda: kube.get(namespace, "tp", name)["status"]["consumerReplicas"] == 1)
    kube.until_condition(namespace, name, "Ready", "True")
