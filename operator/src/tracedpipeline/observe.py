"""What there is of a pipeline, and how it is: all that a reconcile reads."""

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from tracedpipeline import failure, naming, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.flink import upgrade
from tracedpipeline.flink.jobs import Jobs
from tracedpipeline.jaeger.search import find_traces
from tracedpipeline.kafka import denials
from tracedpipeline.kafka.access import KafkaClusters
from tracedpipeline.kubernetes_api import pods
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.kubernetes_api.kinds import WORKLOADS
from tracedpipeline.limits import Slots
from tracedpipeline.observed import Component, Observed
from tracedpipeline.preconditions import messages, turns_on_cluster_id
from tracedpipeline.settings import Settings
from tracedpipeline.state import Applied, Live, Object, State
from tracedpipeline.status import readiness
from tracedpipeline.together import together

JAEGER_LOOKS_OF_A_NAMESPACE = 4
# A pipeline whose Kafka cluster is silent is written all the same.
CLUSTER_ID_SECONDS = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Observer:
    """Reads from the API server, Kafka, Flink and Jaeger."""

    cluster: Cluster
    kafka_clusters: KafkaClusters
    session: aiohttp.ClientSession
    settings: Settings
    jobs: Jobs
    parsed: dict[Key, tuple[Object, TracedPipeline]] = field(default_factory=dict)
    # Each may wait for a Jaeger that is silent.
    jaeger_slots: Slots = field(default_factory=lambda: Slots(JAEGER_LOOKS_OF_A_NAMESPACE))

    async def other_pipelines(self, pipeline: TracedPipeline) -> tuple[TracedPipeline, list[TracedPipeline]]:
        """Return the pipeline and others that may read the same messages.

        Where only the id of its Kafka cluster tells whether they do, the pipeline has that, if Kafka answers soon.
        """
        others = await self._readers_of(pipeline)
        if not turns_on_cluster_id(pipeline, others):
            return pipeline, others
        found = replace(pipeline.kafka_record, cluster_id=await self._cluster_id(pipeline))
        return pipeline.model_copy(update={"kafka_record": found}), others

    async def _cluster_id(self, pipeline: TracedPipeline) -> str | None:
        access = await self.kafka_clusters.access(pipeline)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLUSTER_ID_SECONDS):
                await self.kafka_clusters.verdict(pipeline, access)
        return self.kafka_clusters.cluster_id(access)

    async def _readers_of(self, pipeline: TracedPipeline) -> list[TracedPipeline]:
        found = []
        for body in await self.cluster.pipelines(self.settings.namespaces, messages(pipeline)):
            try:
                other = self._parsed(body)
            except Exception as error:  # nobody else's spec may keep this pipeline from being reconciled
                log.debug("pipeline %s cannot be compared: %s", body["metadata"]["name"], failure.described(error))
                continue
            if other.uid != pipeline.uid:
                found.append(other)
        return found

    def _parsed(self, body: Object) -> TracedPipeline:
        """Return the typed resource; what the memory keeps is the same object until it changes."""
        key = Key(body["metadata"]["namespace"], body["metadata"]["name"])
        if key not in self.parsed or self.parsed[key][0] is not body:
            self.parsed[key] = body, TracedPipeline.parse(body)
        return self.parsed[key][1]

    def forget(self, key: Key) -> None:
        """Forget a pipeline that is gone."""
        self.parsed.pop(key, None)

    async def state(self, pipeline: TracedPipeline) -> State:
        """Return the pipeline's live objects, its access to Kafka, and the pods of its clients."""
        live, (access, client_pods) = await together(
            self.cluster.owned(pipeline),
            together(self.kafka_clusters.access(pipeline), self.cluster.client_pods(pipeline)),
        )
        return State(live, access, client_pods, await self._flink_operator(pipeline, live))

    async def _flink_operator(self, pipeline: TracedPipeline, live: Live) -> bool:
        """Return whether the Flink Kubernetes Operator runs the job; one that runs without it is left where it is."""
        if pipeline.spec.consumer.by_flink is None or upgrade.job_manager(pipeline.name) in live:
            return False
        if ("FlinkDeployment", naming.component(pipeline.name, naming.CONSUMER)) in live:
            return True
        return await self.cluster.knows("FlinkDeployment", pipeline.namespace)

    async def health(self, pipeline: TracedPipeline, applied: Applied) -> Observed:
        """Return how the Deployments are, their pods where something is amiss, and the traces once all is there."""
        live = await self.cluster.owned(pipeline, WORKLOADS)
        components = {name: await self._component(pipeline, name, live) for name in naming.COMPONENTS}
        if applied.pending_upgrade or pipeline.spec.consumer.by_flink:
            components[naming.CONSUMER] = await self.jobs.observe(pipeline, live, applied.pending_upgrade)
        seen = Observed(applied.kafka, components)
        if not readiness.components_available(seen):
            return seen
        url = self.settings.jaeger_url or naming.jaeger_url(pipeline.name, pipeline.namespace)
        async with self.jaeger_slots.of(pipeline.namespace):
            traces, last_trace = await find_traces(self.session, pipeline, url)
        return replace(seen, traces=traces, last_trace=last_trace)

    async def _component(self, pipeline: TracedPipeline, name: str, live: Mapping[Any, Object]) -> Component:
        deployment = live.get(("Deployment", naming.component(pipeline.name, name)))
        component = pods.component(name, deployment, [])
        if component.rolled_out or not component.exists:
            return component
        found_pods = await self.cluster.pods(pipeline, name)
        found = pods.component(name, deployment, found_pods, int(time.time() * 1000))
        said = await denials.explanation(self.session, found_pods) if name in naming.KAFKA_CLIENTS else None
        # A container that crashes tells more than what it waited for before.
        tells = said and not (found.problem and said.reason == reasons.PROGRESSING)
        return replace(found, problem=said) if tells else found
