"""Flink jobs in a reconcile: ended with a savepoint before what they run in changes, looked at afterwards.

Each look does the next step and remembers nothing but since when a JobManager has been silent.
"""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tracedpipeline import naming, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.flink import client, deployment_status, health, root_cause, upgrade
from tracedpipeline.flink.client import JobManagerError, SavepointError
from tracedpipeline.flink.cluster import FlinkCluster
from tracedpipeline.flink.job import STOPPED, Job
from tracedpipeline.kubernetes_api import pods
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.observed import Component
from tracedpipeline.verdict import Verdict

log = logging.getLogger(__name__)

Object = dict[str, Any]
Live = Mapping[tuple[str, str], Object]

# So long a JobManager whose pod is ready may be silent before its job is left to its last checkpoint.
PATIENCE_SECONDS = 30.0

STOPPING = Verdict(
    False, reasons.STOPPING_WITH_SAVEPOINT, "the job ends with a savepoint, from which the changed one will start"
)


@dataclass(frozen=True)
class Jobs:
    """The Flink jobs of all pipelines."""

    cluster: Cluster
    session: aiohttp.ClientSession
    silent_since: dict[Key, float] = field(default_factory=dict)

    async def prepare_upgrade(self, pipeline: TracedPipeline, desired: Sequence[Object], live: Live) -> Verdict | None:
        """Do the next step towards a job that may be changed; returns what to wait for, None where nothing."""
        job_manager = live.get(upgrade.job_manager(pipeline.name))
        shown = pods.component(naming.JOB_MANAGER, job_manager, [])
        if job_manager is None or not shown.ready:
            return None
        changed = upgrade.change_id(pipeline.name, desired, live)
        try:
            job = await client.newest_job(self.session, _url(pipeline))
        except JobManagerError as error:
            return self._silence(pipeline, str(error)) if changed else None
        self.silent_since.pop(_key(pipeline), None)
        if changed:
            return await self._stop(pipeline, job, changed) if job and job.at_work else None
        # Before it is rolled out it is the job of the pod before that has ended.
        if job and job.state in STOPPED and shown.rolled_out:
            await self._start_again(pipeline, job_manager, job)
        return None

    def _silence(self, pipeline: TracedPipeline, words: str) -> Verdict | None:
        now = asyncio.get_running_loop().time()
        silent = now - self.silent_since.setdefault(_key(pipeline), now)
        if silent > PATIENCE_SECONDS:
            log.warning("%s/%s: goes on from the last checkpoint: %s", *_key(pipeline), words)
            return None
        message = f"{words}: asked again; after {PATIENCE_SECONDS:.0f} s the job goes on from its last checkpoint"
        return Verdict(False, reasons.JOB_MANAGER_UNREACHABLE, message)

    async def _stop(self, pipeline: TracedPipeline, job: Job, changed: str) -> Verdict | None:
        trigger_id = upgrade.savepoint_trigger_id(job.id, changed)
        try:
            stop = await client.stop(self.session, _url(pipeline), job.id, trigger_id)
        except JobManagerError as error:
            return self._silence(pipeline, str(error))
        except SavepointError as error:
            words = f"no savepoint, the job goes on from its last checkpoint: {root_cause.find(str(error))}"
            await self.cluster.event(*_key(pipeline), pipeline.uid, "SavepointFailed", words, kind="Warning")
            return None
        log.info("%s/%s: stop of job %s with savepoint: %s", *_key(pipeline), job.id, stop.value)
        return STOPPING

    async def _start_again(self, pipeline: TracedPipeline, job_manager: Object, job: Job) -> None:
        """Let the JobManager be re-created: its job has ended, and nothing else would start it again."""
        log.warning("%s/%s: job %s is %s; its JobManager is re-created", *_key(pipeline), job.id, job.state)
        await self.cluster.delete(job_manager)

    async def observe(self, pipeline: TracedPipeline, live: Live, pending_upgrade: Verdict | None) -> Component:
        """Return the consumer that Flink runs, with the verdict on it."""
        found = live.get(("FlinkDeployment", naming.component(pipeline.name, naming.CONSUMER)))
        if found:
            return await self._of_operator(pipeline, found)
        job_manager = await self._part(pipeline, naming.JOB_MANAGER, live)
        task_managers = await self._part(pipeline, naming.TASK_MANAGER, live)
        if pending_upgrade:
            return _consumer(task_managers, pending_upgrade)
        return _consumer(task_managers, await self._verdict(_url(pipeline), job_manager, task_managers))

    async def _part(self, pipeline: TracedPipeline, component: str, live: Live) -> Component:
        found = live.get(("Deployment", naming.component(pipeline.name, component)))
        return pods.component(component, found, await self.cluster.pods(pipeline, component), _now())

    async def _verdict(self, url: str, job_manager: Component, task_managers: Component) -> Verdict:
        job, silent = None, None
        if job_manager.ready:
            try:
                job = await client.newest_job(self.session, url)
            except JobManagerError as error:
                silent = str(error)
        return health.verdict(FlinkCluster(job_manager, task_managers, job, silent, _now()))

    async def _of_operator(self, pipeline: TracedPipeline, found: Object) -> Component:
        """Return the consumer of a FlinkDeployment: what its operator says, with what pods and job add to it."""
        says = deployment_status.verdict(deployment_status.status(found))
        wanted = {naming.JOB_MANAGER: 1, naming.TASK_MANAGER: pipeline.spec.consumer.replicas}
        job_manager, task_managers = [
            pods.component_of_pods(component, count, await self.cluster.pods(pipeline, component), _now())
            for component, count in wanted.items()
        ]
        if says and says.reason not in deployment_status.DEEPER:
            return _consumer(task_managers, says)
        url = naming.flink_url(f"{naming.component(pipeline.name, naming.CONSUMER)}-rest", pipeline.namespace)
        deeper = await self._verdict(url, job_manager, task_managers)
        return _consumer(task_managers, deployment_status.combine(says, deeper))

    def forget(self, key: Key) -> None:
        """Forget a pipeline that is gone."""
        self.silent_since.pop(key, None)


def _consumer(task_managers: Component, seen: Verdict) -> Component:
    ready, wanted = task_managers.ready, task_managers.wanted
    return Component(naming.CONSUMER, wanted, ready, rolled_out=bool(seen.ok), verdict=seen)


def _key(pipeline: TracedPipeline) -> Key:
    return Key(pipeline.namespace, pipeline.name)


def _url(pipeline: TracedPipeline) -> str:
    return naming.flink_url(naming.component(pipeline.name, naming.JOB_MANAGER), pipeline.namespace)


def _now() -> int:
    return int(time.time() * 1000)
