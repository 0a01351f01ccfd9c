"""What a reconcile does with a Flink job, against a JobManager's API; the API server is only recorded."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tracedpipeline import desired, naming, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.flink import jobs
from tracedpipeline.flink.jobs import Jobs
from tracedpipeline.kafka import plan
from tracedpipeline.kubernetes_api.client import Key
from tracedpipeline.kubernetes_api.drift import with_applied_hash
from tracedpipeline.settings import Settings
from tracedpipeline.untrusted.bounded_http import open_session

from tests.unit.operator.conftest import body
from tests.unit.operator.flink.jobmanager import JobManager, job_manager

__all__ = ["job_manager"]
Objects = list[dict[str, Any]]
READY = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1}
READY_POD = {
    "status": {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "1970-01-01T00:00:01Z"}]}
}


class Cluster:
    """Records what is written; has the pods that the test says."""

    def __init__(self) -> None:
        self.deleted: list[str] = []
        self.events: list[str] = []
        self.of: dict[str, Objects] = {}

    async def delete(self, live: dict[str, Any]) -> None:
        self.deleted.append(live["metadata"]["name"])

    async def event(self, namespace: str, name: str, uid: str, reason: str, message: str, *, kind: str) -> None:
        self.events.append(f"{reason}: {message}")

    async def pods(self, pipeline: TracedPipeline, component: str) -> Objects:
        return self.of.get(component, [])


class Bench:
    def __init__(self, settings: Settings, cluster: Cluster, found: Jobs) -> None:
        self.settings, self.cluster, self.jobs = settings, cluster, found
        self.pipeline, self.wanted = self.build()
        self.live = {(o["kind"], o["metadata"]["name"]): self._ready(with_applied_hash(o)) for o in self.wanted}

    def _ready(self, o: dict[str, Any]) -> dict[str, Any]:
        return {**o, "metadata": {**o["metadata"], "generation": 1}, "status": READY}

    def build(self, **consumer: Any) -> tuple[TracedPipeline, Objects]:
        pipeline = TracedPipeline.parse(body(consumer={"engine": "Flink", **consumer}))
        return pipeline, desired.build(pipeline, plan.access(pipeline), self.settings)

    async def prepare_upgrade(self, **consumer: Any) -> str | None:
        pipeline, wanted = self.build(**consumer)
        pending = await self.jobs.prepare_upgrade(pipeline, wanted, self.live)
        return pending.reason if pending else None

    async def verdict(self) -> str:
        seen = await self.jobs.observe(self.pipeline, self.live, None)
        assert seen.verdict
        assert seen.rolled_out == bool(seen.verdict.ok)
        return seen.verdict.reason


@pytest.fixture
async def bench(settings: Settings, job_manager: JobManager, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(naming, "flink_url", lambda service, namespace: job_manager.url)
    cluster = Cluster()
    async with open_session() as session:
        yield Bench(settings, cluster, Jobs(cluster, session))  # type: ignore[arg-type]  # records


async def test_nothing_is_pending_while_nothing_changes(bench: Bench, job_manager: JobManager) -> None:
    assert await bench.prepare_upgrade() is None
    assert (job_manager.triggers, bench.cluster.deleted) == ([], [])


async def test_a_change_waits_for_the_savepoint_and_asks_for_one(bench: Bench, job_manager: JobManager) -> None:
    looks = [await bench.prepare_upgrade(replicas=2) for _ in range(3)]
    assert looks == [reasons.STOPPING_WITH_SAVEPOINT, reasons.STOPPING_WITH_SAVEPOINT, None]
    assert len(set(job_manager.triggers)) == 1


async def test_a_change_of_the_change_is_another_trigger(bench: Bench, job_manager: JobManager) -> None:
    job_manager.answers_until_done = 9
    await bench.prepare_upgrade(replicas=2)
    await bench.prepare_upgrade(replicas=3)
    assert len(set(job_manager.triggers)) == 2


def no_pod(bench: Bench, _: JobManager) -> None:
    bench.live["Deployment", "orders-jobmanager"]["status"] = {}


def no_deployment(bench: Bench, _: JobManager) -> None:
    del bench.live["Deployment", "orders-jobmanager"]


def no_job(_: Bench, job_manager: JobManager) -> None:
    job_manager.state = None


def failed(_: Bench, job_manager: JobManager) -> None:
    job_manager.state = "FAILED"


def waits_for_slots(_: Bench, job_manager: JobManager) -> None:
    job_manager.running = 1


@pytest.mark.parametrize("arrange", [no_pod, no_deployment, no_job, failed, waits_for_slots])
async def test_a_job_that_can_take_no_savepoint_is_not_waited_for(
    bench: Bench, job_manager: JobManager, arrange: Callable[[Bench, JobManager], None]
) -> None:
    arrange(bench, job_manager)
    assert await bench.prepare_upgrade(replicas=2) is None
    assert job_manager.triggers == []


async def test_a_savepoint_that_fails_is_told_and_not_waited_for(bench: Bench, job_manager: JobManager) -> None:
    job_manager.answers_until_done, job_manager.savepoint_failure = 1, "java.io.IOException: No space left on device"
    assert await bench.prepare_upgrade(replicas=2) is None
    (event,) = bench.cluster.events
    assert event.startswith(
        "SavepointFailed: no savepoint, the job goes on from its last checkpoint: IOException: No sp"
    )


@pytest.mark.parametrize("broken", ["overview", "stop"])
async def test_a_silent_job_manager_is_waited_for_a_while(
    bench: Bench, job_manager: JobManager, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_manager.broken = {broken}
    assert await bench.prepare_upgrade() is None, "without a change it holds up nothing"
    assert await bench.prepare_upgrade(replicas=2) == reasons.JOB_MANAGER_UNREACHABLE
    monkeypatch.setattr(jobs, "PATIENCE_SECONDS", -1.0)
    assert await bench.prepare_upgrade(replicas=2) is None
    bench.jobs.forget(Key("shop", "orders"))
    assert bench.jobs.silent_since == {}


async def test_a_job_that_somebody_ended_is_started_again(bench: Bench, job_manager: JobManager) -> None:
    job_manager.state = "CANCELED"
    assert await bench.prepare_upgrade() is None
    assert bench.cluster.deleted == ["orders-jobmanager"]


async def test_a_job_of_the_pod_before_is_not_started_again(bench: Bench, job_manager: JobManager) -> None:
    bench.live["Deployment", "orders-jobmanager"]["metadata"]["generation"] = 2
    job_manager.state = "FINISHED"
    assert await bench.prepare_upgrade() is None
    assert bench.cluster.deleted == []


async def test_the_verdict_on_the_job(bench: Bench, job_manager: JobManager) -> None:
    assert await bench.verdict() == reasons.JOB_RUNNING
    job_manager.broken = {"overview"}
    assert await bench.verdict() == reasons.JOB_MANAGER_UNREACHABLE
    bench.live["Deployment", "orders-jobmanager"]["status"] = {}
    assert await bench.verdict() == reasons.PROGRESSING
    del bench.live["Deployment", "orders-jobmanager"]
    assert await bench.verdict() == reasons.NOT_CREATED


async def test_a_pending_upgrade_is_the_verdict(bench: Bench) -> None:
    seen = await bench.jobs.observe(bench.pipeline, bench.live, jobs.STOPPING)
    assert (seen.verdict, seen.ready, seen.rolled_out) == (jobs.STOPPING, 1, False)


def flink_deployment(**status: Any) -> dict[str, Any]:
    stable = {"lifecycleState": "STABLE", "jobManagerDeploymentStatus": "READY", "jobStatus": {"state": "RUNNING"}}
    return {"metadata": {"generation": 1}, "status": {"observedGeneration": 1, **stable, **status}}


PENDING = {"status": {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}}


@pytest.mark.parametrize(
    ("status", "workers", "reason"),
    [
        ({}, [READY_POD], reasons.JOB_RUNNING),
        ({"lifecycleState": "DEPLOYED", "jobStatus": {"state": "CREATED"}}, [PENDING], reasons.UNSCHEDULABLE),
        ({"lifecycleState": "DEPLOYED", "jobStatus": {"state": "CREATED"}}, [READY_POD], reasons.JOB_STARTING),
        ({"lifecycleState": "UPGRADING", "jobStatus": {"state": "FINISHED"}}, [], reasons.STOPPING_WITH_SAVEPOINT),
    ],
    ids=["runs", "a pod waits", "starts", "upgrade"],
)
async def test_the_flink_operators_status_is_mirrored(
    bench: Bench, job_manager: JobManager, status: dict[str, Any], workers: Objects, reason: str
) -> None:
    job_manager.state, job_manager.running = "RUNNING", len(workers) * 2 if not status else 0
    job_manager.broken = {"exceptions"}  # it knows of none
    bench.live["FlinkDeployment", "orders-consumer"] = flink_deployment(**status)
    bench.cluster.of = {"jobmanager": [READY_POD], "taskmanager": workers}
    assert await bench.verdict() == reason


BLOCKED = {"lifecycleState": "DEPLOYED", "jobManagerDeploymentStatus": "ERROR", "error": "failed to pull image"}
UNPULLED = {
    "status": {"containerStatuses": [{"image": "nowhere/x:1", "state": {"waiting": {"reason": "ErrImagePull"}}}]}
}


@pytest.mark.parametrize(
    ("pods", "reason"), [([UNPULLED], reasons.IMAGE_PULL_BACK_OFF), ([], reasons.FLINK_BLOCKED)], ids=["pod", "none"]
)
async def test_a_pod_tells_better_than_the_flink_operator_why_it_does_not_come_up(
    bench: Bench, pods: Objects, reason: str
) -> None:
    bench.live["FlinkDeployment", "orders-consumer"] = flink_deployment(**BLOCKED)
    bench.cluster.of = {"jobmanager": pods, "taskmanager": []}
    assert await bench.verdict() == reason
