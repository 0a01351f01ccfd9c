"""A change of the spec stops the job and starts it again with its state; what runs afterwards is another job."""

import re
from typing import Any

import pytest

from tests.e2e import kube
from tests.e2e.flink.steps import SECONDS, ByFlink, nothing_is_lost


@pytest.mark.parametrize(
    "change",
    [{"replicas": 2}, {"processingTime": "1ms"}],
    ids=["rescale", "configuration"],
)
def test_a_change_stops_the_job_with_a_savepoint_and_its_state_goes_on(
    by_flink: ByFlink, change: dict[str, Any]
) -> None:
    namespace, name, topic = by_flink
    by_flink.completes_a_checkpoint()  # the story before may have ended a TaskManager
    before = _newest(namespace, name)
    by_flink.change(**change)
    kube.until_condition(namespace, name, "ConsumerReady", "False", "StoppingWithSavepoint", seconds=120)
    generation = kube.get(namespace, "tp", name)["metadata"]["generation"]

    def runs() -> bool:
        ready = kube.condition(namespace, name, "ConsumerReady")
        return ready["reason"] == "JobRunning" and bool(ready["observedGeneration"] == generation)

    kube.until("the changed job runs", SECONDS, runs)
    assert re.search(r"from Savepoint .* located at file:/opt/flink/state/savepoints/savepoint-", by_flink.log())
    nothing_is_lost(topic)
    assert _newest(namespace, name) > before
    kube.until_condition(namespace, name, "TracesFlowing", "True", seconds=120)


def _newest(namespace: str, name: str) -> str:
    return str(kube.get(namespace, "tp", name)["status"]["lastTrace"]["time"])
