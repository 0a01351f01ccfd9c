"""What the stories do and look at; Strimzi is real where `make kind-up` could install it, else a fake."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from tests.e2e import kube
from tests.e2e.strimzi import crds
from tests.e2e.strimzi.fake_strimzi import FakeStrimzi
from tests.e2e.strimzi.real_strimzi import RealStrimzi

NAME = "orders"
Strimzi: TypeAlias = FakeStrimzi | RealStrimzi


@contextmanager
def running(namespace: str) -> Iterator[Strimzi]:
    running: Strimzi = RealStrimzi(namespace) if crds.is_real() else FakeStrimzi(namespace)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def patch(namespace: str, spec: dict[str, Any]) -> None:
    patch = json.dumps({"spec": spec})
    kube.kubectl("patch", "tp", NAME, "-n", namespace, "--type=merge", "--patch", patch)


def patch_kafka(namespace: str, fields: dict[str, Any]) -> None:
    patch = json.dumps({"spec": {"kafka": fields}})
    kube.kubectl("patch", "kafka", "demo", "-n", namespace, "--type=merge", "--patch", patch)


def pods(namespace: str, component: str) -> set[str]:
    found = kube.get(namespace, "pods", "--selector", f"app.kubernetes.io/name={component}")["items"]
    return {pod["metadata"]["uid"] for pod in found}


def nothing_is_lost(strimzi: Strimzi) -> None:
    """The group's position comes to what is in the topic at this moment; nothing was put aside."""
    ends = strimzi.ends("traced-topic")
    assert ends, "the topic is there"

    def read() -> bool:
        committed = strimzi.committed("trace-group", "traced-topic")
        return all(committed.get(partition, 0) >= end for partition, end in ends.items())

    kube.until("all of it is read", 90, read)
    assert not any(strimzi.ends("traced-topic.dlq").values())
    print(f"{sum(ends.values())} messages, all read")
