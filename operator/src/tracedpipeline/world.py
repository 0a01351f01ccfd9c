"""What a reconcile touches, and the steps that it is told in."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import aiohttp

from tracedpipeline import clients, desired, flink_key, naming, observed, probe, readiness, reasons, status, upgrade
from tracedpipeline.api import InvalidSpecError, TracedPipeline
from tracedpipeline.applying import apply, write
from tracedpipeline.cluster import WORKLOADS, Cluster, Key, Live, kind_and_name
from tracedpipeline.desired import in_use
from tracedpipeline.jobs import Jobs
from tracedpipeline.kafkas import Kafkas
from tracedpipeline.observed import Component, Observed, Verdict
from tracedpipeline.settings import Settings

log = logging.getLogger(__name__)

Object = dict[str, Any]


@dataclass(frozen=True)
class World:
    """The API server, Kafka, and Jaeger."""

    cluster: Cluster
    kafkas: Kafkas
    session: aiohttp.ClientSession
    settings: Settings
    jobs: Jobs

    async def others(self, pipeline: TracedPipeline) -> list[TracedPipeline]:
        """Return all other pipelines that can be understood."""
        found = []
        for body in await self.cluster.pipelines(self.settings.namespaces):
            try:
                other = TracedPipeline.parse(body)
            except InvalidSpecError:
                continue
            if other.uid != pipeline.uid:
                found.append(other)
        return found

    async def bring_about(self, pipeline: TracedPipeline) -> tuple[Verdict, Verdict | None]:
        """Apply the objects and see to the topics, side by side: a Kafka that does not answer holds up nothing else.

        Returns the verdict on Kafka, and what a change of the Flink job waits for.
        """
        live, way, pods = await asyncio.gather(
            self.cluster.owned(pipeline), self.kafkas.access(pipeline), self.cluster.client_pods(pipeline)
        )
        # First of all: where an earlier pipeline of this name drains, nothing else is touched.
        holding = in_use.config_map(pipeline, pods)
        held_by = await write(self.cluster, pipeline, holding, live.get(kind_and_name(holding)))
        live[kind_and_name(holding)] = held_by
        by_operator = await self._by_operator(pipeline, live)
        key = await flink_key.ensure(self.cluster, pipeline) if pipeline.spec.consumer.by_flink else ""
        objects = desired.build(pipeline, way.clients, self.settings, flink_operator=by_operator, flink_key=key)
        held, leave = None, upgrade.left_alone(live, way.objects)
        if way.clients:
            held = await self.jobs.hold(pipeline, objects, live)
            leave = upgrade.held_back(pipeline.name) if held else frozenset()
        verdict, _ = await asyncio.gather(
            self.kafkas.verdict(pipeline, way),
            apply(self.cluster, pipeline, [holding, *in_use.needed([*way.objects, *objects], held_by)], live, leave),
        )
        return verdict, held

    async def _by_operator(self, pipeline: TracedPipeline, live: Live) -> bool:
        """Tell whether the Flink Kubernetes Operator runs the job; one that runs without it is left where it is."""
        if pipeline.spec.consumer.by_flink is None or upgrade.job_manager(pipeline.name) in live:
            return False
        return await self.cluster.knows("FlinkDeployment", pipeline.namespace)

    async def observe(self, pipeline: TracedPipeline, kafka: Verdict, held: Verdict | None) -> Observed:
        """Look at the Deployments, their pods where something is amiss, and at the traces once all is there."""
        live = await self.cluster.owned(pipeline, WORKLOADS)
        components = {which: await self._component(pipeline, which, live) for which in naming.COMPONENTS}
        if held or pipeline.spec.consumer.by_flink:
            components[naming.CONSUMER] = await self.jobs.observe(pipeline, live, held)
        seen = Observed(kafka, components)
        if not readiness.components_available(seen):
            return seen
        url = self.settings.jaeger_url or naming.jaeger_url(pipeline.name, pipeline.namespace)
        traces, last_trace = await probe.probe(self.session, pipeline, url)
        return replace(seen, traces=traces, last_trace=last_trace)

    async def _component(self, pipeline: TracedPipeline, which: str, live: Mapping[Any, Object]) -> Component:
        deployment = live.get(("Deployment", naming.component(pipeline.name, which)))
        component = observed.component(which, deployment, [])
        if component.settled or not component.exists:
            return component
        pods = await self.cluster.pods(pipeline, which)
        found = observed.component(which, deployment, pods)
        denied = await clients.denial(self.session, pods) if which in naming.KAFKA_CLIENTS else None
        return replace(found, complaint=denied) if denied else found

    def forget(self, key: Key) -> None:
        """Forget a pipeline that is gone."""
        self.kafkas.forget(key)
        self.jobs.forget(key)

    async def report(self, body: Object, verdicts: Mapping[str, Verdict], details: Mapping[str, Any]) -> None:
        """Write the status where it differs, and an event where Ready's reason does."""
        old, metadata = body.get("status", {}), body["metadata"]
        new = status.build(old, metadata["generation"], verdicts, datetime.now(UTC), details)
        if new == old:
            return
        key = Key(metadata["namespace"], metadata["name"])
        await self.cluster.write_status(key, new)
        if change := status.transition(old, new):
            reason, message = change
            log.info("%s/%s: %s: %s", *key, reason, message)
            kind = "Normal" if reason in reasons.EXPECTED else "Warning"
            await self.cluster.event(key.namespace, key.name, metadata["uid"], reason, message, kind=kind)
