"""What can go wrong where Flink runs the consumer: each fault is caused, named by its own reason, and mended."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e import images, kube, node
from tests.e2e.conftest import FLINK_SECONDS as SECONDS
from tests.e2e.conftest import ByFlink
from tests.e2e.test_flink import nothing_is_lost

# Each breaks a job, which takes a while to notice, and has it mended.
pytestmark = pytest.mark.timeout(600)

CHECKPOINTS = "/opt/flink/state/checkpoints"
SNAPSHOTS = "/opt/flink/state/*/*/chk-*/_metadata"
HANDLER = "/opt/venv/lib/python3.11/site-packages/traced_flink_consumer/handler.py"


def test_own_logic_that_fails(by_flink: ByFlink, tmp_path: Path) -> None:
    namespace, name, topic = by_flink
    (container,) = kube.get(namespace, f"deployment/{name}-jobmanager")["spec"]["template"]["spec"]["containers"]
    broken = "def handle(order):\n    raise LookupError('no such customer')\n"
    _change(by_flink, image=images.with_file(container["image"], HANDLER, broken, tmp_path))
    try:
        found = kube.until_condition(namespace, name, "ConsumerReady", "False", "JobRestarting", seconds=SECONDS)
    finally:
        _change(by_flink, image=None)
    assert "LookupError: no such customer" in found["message"]
    _runs_again(by_flink)
    nothing_is_lost(topic)


def test_a_quota_leaves_no_room_for_another_task_manager(by_flink: ByFlink) -> None:
    namespace, name, _ = by_flink
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "small", "namespace": namespace},
        "spec": {"hard": {"pods": str(len(kube.get(namespace, "pods")["items"]))}},
    }
    kube.apply(quota)
    _change(by_flink, replicas=2)
    found = kube.until_condition(namespace, name, "ConsumerReady", "False", "PodsRefused", seconds=SECONDS)
    assert "exceeded quota: small" in found["message"]
    kube.kubectl("delete", "quota", "small", "-n", namespace)
    _runs_again(by_flink)
    _change(by_flink, replicas=1)
    kube.until_condition(namespace, name, "ConsumerReady", "False", "StoppingWithSavepoint", seconds=60)
    _runs_again(by_flink)


def test_kafka_does_not_answer_a_job_that_starts(by_flink: ByFlink) -> None:
    namespace, name, _ = by_flink
    with node.stopped(node.KAFKA):
        _delete(namespace, "-l", "app.kubernetes.io/name=jobmanager")
        found = kube.until_condition(namespace, name, "ConsumerReady", "False", "KafkaUnreachable", seconds=SECONDS)
    assert "TimeoutException" in found["message"]
    _runs_again(by_flink)


def test_a_task_manager_hangs(by_flink: ByFlink) -> None:
    namespace, name, _ = by_flink
    says = (
        "0 of 1 TaskManagers have registered with the JobManager, which says TimeoutException: Heartbeat of TaskManager"
    )
    with node.stopped(node.TASK_MANAGER):  # its port still takes connections, so its pod stays ready
        kube.until("Flink's words", SECONDS, lambda: says in _message(by_flink))
        assert kube.condition(namespace, name, "ConsumerReady")["reason"] == "NoSlots"
    _runs_again(by_flink)


def test_checkpoints_that_cannot_be_written(by_flink: ByFlink) -> None:
    namespace, name, _ = by_flink
    _in_worker(by_flink, f"chmod a-w {CHECKPOINTS}/*")
    found = kube.until_condition(namespace, name, "ConsumerReady", "False", "CheckpointsFailing", seconds=90)
    assert "can user 9999 write to the volume" in found["message"]
    _in_worker(by_flink, f"chmod u+w {CHECKPOINTS}/*")
    _runs_again(by_flink)


def test_a_snapshot_that_cannot_be_read_is_named(by_flink: ByFlink) -> None:
    namespace, name, _ = by_flink
    _in_worker(by_flink, f"timeout 60 sh -c 'until ls {SNAPSHOTS}; do sleep 1; done'")  # the job may be new
    _in_worker(by_flink, f"chmod a-w {CHECKPOINTS}/*")  # no newer one
    broken = f"for each in {SNAPSHOTS}; do cp $each $each.kept; echo broken > $each; done"
    _in_worker(by_flink, broken)
    _delete(namespace, "-l", "app.kubernetes.io/name=jobmanager")
    # Flink ends the JobManager, or keeps it with a job that has failed for good, whichever is first.
    kube.until("its reason", SECONDS, lambda: "Unexpected magic number" in _message(by_flink))
    assert kube.condition(namespace, name, "ConsumerReady")["reason"] in ("CrashLoop", "JobFailed")
    _in_worker(by_flink, f"for each in {SNAPSHOTS}; do mv $each.kept $each; done")
    _in_worker(by_flink, f"chmod u+w {CHECKPOINTS}/*")
    _delete(namespace, "-l", "app.kubernetes.io/name=jobmanager")
    _runs_again(by_flink)


def test_a_task_manager_uses_more_memory_than_it_may(by_flink: ByFlink) -> None:
    namespace, name, _ = by_flink
    # Of a container's processes the kernel is to take Flink's; those that use the memory up end with it.
    first = "for each in $(grep -l java /proc/[0-9]*/comm); do echo 1000 > ${each%comm}oom_score_adj; done"
    greedy = "for each in $(seq 20); do python3 -c 'x = b\"x\" * (100 << 20); import time; time.sleep(20)' & done; wait"
    worker = ("kubectl", "exec", "-n", namespace, f"deploy/{name}-taskmanager", "--", "sh", "-c", f"{first}; {greedy}")
    with subprocess.Popen(worker, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        found = kube.until_condition(namespace, name, "ConsumerReady", "False", "OutOfMemory", seconds=90)
    assert "raise consumer.flink.taskManager.memory" in found["message"]
    _runs_again(by_flink)


def _change(by_flink: ByFlink, **consumer: object) -> None:
    patch = json.dumps({"spec": {"consumer": consumer}})
    kube.kubectl("patch", "tp", by_flink.name, "-n", by_flink.namespace, "--type=merge", "-p", patch)


def _delete(namespace: str, *which: str) -> None:
    kube.kubectl("delete", "pod", "-n", namespace, *which, "--force", "--grace-period=0")


def _in_worker(by_flink: ByFlink, command: str) -> None:
    kube.kubectl("exec", "-n", by_flink.namespace, f"deploy/{by_flink.name}-taskmanager", "--", "sh", "-ec", command)


def _message(by_flink: ByFlink) -> str:
    return str(kube.condition(by_flink.namespace, by_flink.name, "ConsumerReady").get("message"))


def _runs_again(by_flink: ByFlink) -> None:
    kube.until_condition(by_flink.namespace, by_flink.name, "ConsumerReady", "True", "JobRunning", seconds=SECONDS)
