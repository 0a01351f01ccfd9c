"""What can go wrong where Flink runs the consumer: each fault is caused, named by its own reason, and fixed."""

import subprocess
from pathlib import Path

import pytest

from tests.e2e import images, kube, node
from tests.e2e.flink import fake_flink_operator
from tests.e2e.flink.steps import SECONDS, ByFlink, nothing_is_lost

# Each breaks a job, which takes a while to notice, and has it fixed.
pytestmark = pytest.mark.timeout(900)

CHECKPOINTS = "/opt/flink/state/checkpoints"
SNAPSHOTS = "/opt/flink/state/*/*/chk-*/_metadata"
HANDLER = "/opt/venv/lib/python3.11/site-packages/traced_flink_consumer/handler.py"


def test_own_logic_that_fails(by_flink: ByFlink, tmp_path: Path) -> None:
    (container,) = by_flink.pods("jobmanager")[0]["spec"]["containers"]
    broken = "def handle(order):\n    raise LookupError('no such customer')\n"
    by_flink.change(image=images.with_file(container["image"], HANDLER, broken, tmp_path))
    try:
        by_flink.fails("JobRestarting", "LookupError: no such customer")
    finally:
        by_flink.change(image=None)
    by_flink.runs_again()
    nothing_is_lost(by_flink.topic)


def test_a_quota_leaves_no_room_for_another_task_manager(by_flink: ByFlink) -> None:
    namespace, name, _ = by_flink
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "small", "namespace": namespace},
        "spec": {"hard": {"pods": str(len(kube.get(namespace, "pods")["items"]))}},
    }
    kube.apply(quota)
    by_flink.change(replicas=2)
    # Who makes the pods knows why not: a Deployment tells, the Flink operator's JobManager only its log.
    reason, words = (
        ("NoSlots", "no pods for 1 of 2")
        if fake_flink_operator.is_real()
        else ("FailedCreate", "exceeded quota: small")
    )
    by_flink.fails(reason, words)
    kube.kubectl("delete", "quota", "small", "-n", namespace)
    by_flink.runs_again()
    by_flink.change(replicas=1)
    kube.until_condition(namespace, name, "ConsumerReady", "False", "StoppingWithSavepoint", seconds=120)
    by_flink.runs_again()


def test_kafka_does_not_answer_a_job_that_starts(by_flink: ByFlink) -> None:
    with node.stopped(node.KAFKA):
        by_flink.end("jobmanager")
        by_flink.fails("KafkaUnreachable", "TimeoutException")
    by_flink.runs_again()


def test_a_task_manager_hangs(by_flink: ByFlink) -> None:
    namespace, name, _ = by_flink
    with node.stopped(node.TASK_MANAGER):  # its port still takes connections, so its pod stays ready
        if fake_flink_operator.is_real():  # then Flink makes another pod
            kube.until_condition(namespace, name, "ConsumerReady", "False", seconds=SECONDS)
            by_flink.runs_again()
        else:
            by_flink.fails("NoSlots", "0 of 1 TaskManagers have registered with the JobManager")
    by_flink.runs_again()


def test_checkpoints_that_cannot_be_written(by_flink: ByFlink) -> None:
    by_flink.in_worker(f"chmod a-w {CHECKPOINTS}/*")
    by_flink.fails("CheckpointsFailing", "can user 9999 write to the volume")
    by_flink.in_worker(f"chmod u+w {CHECKPOINTS}/*")
    by_flink.runs_again()


def test_a_snapshot_that_cannot_be_read_is_named(by_flink: ByFlink) -> None:
    if fake_flink_operator.is_real():
        pytest.skip("with high availability services Flink has a copy of what is broken here")
    by_flink.in_worker(f"timeout 60 sh -c 'until ls {SNAPSHOTS}; do sleep 1; done'")  # the job may be new
    by_flink.in_worker(f"chmod a-w {CHECKPOINTS}/*")  # no newer one
    broken = f"for each in {SNAPSHOTS}; do cp $each $each.kept; echo broken > $each; done"
    by_flink.in_worker(broken)
    by_flink.end("jobmanager")
    # Flink ends the JobManager, or keeps it with a job that has failed for good, whichever is first.
    assert by_flink.fails(None, "Unexpected magic number")["reason"] in ("CrashLoopBackOff", "JobFailed")
    by_flink.in_worker(f"for each in {SNAPSHOTS}; do mv $each.kept $each; done")
    by_flink.in_worker(f"chmod u+w {CHECKPOINTS}/*")
    by_flink.end("jobmanager")
    by_flink.runs_again()


def test_a_task_manager_uses_more_memory_than_it_may(by_flink: ByFlink) -> None:
    # Of a container's processes the kernel is to take Flink's; those that use the memory up end with it.
    first = "for each in $(grep -l java /proc/[0-9]*/comm); do echo 1000 > ${each%comm}oom_score_adj; done"
    greedy = "for each in $(seq 20); do python3 -c 'x = b\"x\" * (100 << 20); import time; time.sleep(20)' & done; wait"
    worker = ["kubectl", *by_flink.worker_runs(f"{first}; {greedy}")]
    with subprocess.Popen(worker, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        by_flink.fails("OutOfMemory", "raise consumer.flink.taskManager.memory")
    by_flink.runs_again()
