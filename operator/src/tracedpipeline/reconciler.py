"""What a reconcile touches, and the steps that it is told in."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import aiohttp

from tracedpipeline import desired, failure, naming, observed, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import in_use
from tracedpipeline.flink import key as flink_key
from tracedpipeline.flink import upgrade
from tracedpipeline.flink.jobs import Jobs
from tracedpipeline.jaeger import client as probe
from tracedpipeline.kafka import denials as clients
from tracedpipeline.kafka.access import Kafkas
from tracedpipeline.kubernetes_api.apply import apply, write
from tracedpipeline.kubernetes_api.client import Cluster, Key, Live, kind_and_name
from tracedpipeline.kubernetes_api.errors import ApiServerError, SilentError
from tracedpipeline.kubernetes_api.kinds import WORKLOADS
from tracedpipeline.kubernetes_api.ownership import ObjectNotOwnedError, PreviousDrainingError
from tracedpipeline.observed import Component, Observed, Verdict
from tracedpipeline.settings import Settings
from tracedpipeline.status import build as status
from tracedpipeline.status import readiness
from tracedpipeline.together import both_ends, together

log = logging.getLogger(__name__)

Object = dict[str, Any]


class PartlyAppliedError(Exception):
    """Something went wrong beside what went well: `kafka` is the verdict on it, `held` what a Flink job waits for."""

    def __init__(self, kafka: Verdict, held: Verdict | None, errors: Sequence[Exception]) -> None:
        super().__init__(failure.verdict(ExceptionGroup("partly", errors)).message)
        self.kafka, self.held, self.errors = kafka, held, errors


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
            except Exception as error:  # nobody else's spec may keep this pipeline from being reconciled
                log.debug("pipeline %s cannot be compared: %s", body["metadata"]["name"], failure.described(error))
                continue
            if other.uid != pipeline.uid:
                found.append(other)
        return found

    async def bring_about(self, pipeline: TracedPipeline) -> tuple[Verdict, Verdict | None]:
        """Apply the objects and create the topics, side by side: a Kafka cluster that is away holds up nothing else.

        Returns the verdict on Kafka, and what a change of the Flink job waits for; raises PartlyAppliedError with both
        where an object was refused or Kafka could not be looked at.
        """
        live, (way, pods) = await together(
            self.cluster.owned(pipeline),
            together(self.kafkas.access(pipeline), self.cluster.client_pods(pipeline)),
        )
        # First of all: where an earlier pipeline of this name drains, nothing else is touched.
        holding = in_use.config_map(pipeline, pods)
        if held_by := await self._held_by(pipeline, holding, live):
            live[kind_and_name(holding)] = held_by
        by_operator = await self._by_operator(pipeline, live)
        key = await flink_key.ensure(self.cluster, pipeline) if pipeline.spec.consumer.by_flink else ""
        objects = desired.build(
            pipeline,
            way,
            self.settings,
            in_use=in_use.InUse(holding, held_by),
            flink_operator=by_operator,
            flink_key=key,
        )
        held, leave = None, upgrade.left_alone(live, way.objects)
        if way.clients:
            held = await self.jobs.hold(pipeline, objects, live)
            leave = upgrade.held_back(pipeline.name) if held else frozenset()
        seen, written = await both_ends(
            self.kafkas.verdict(pipeline, way),
            apply(self.cluster, pipeline, objects, live, leave),
        )
        if isinstance(written, ObjectNotOwnedError | PreviousDrainingError):
            raise written
        verdict = failure.verdict(seen) if isinstance(seen, Exception) else seen
        if errors := [end for end in (seen, written) if isinstance(end, Exception)]:
            raise PartlyAppliedError(verdict, held, errors)
        return verdict, held

    async def _held_by(self, pipeline: TracedPipeline, holding: Object, live: Live) -> Object | None:
        """Return what keeps objects there until clients have drained; where it is refused, so far, others are not."""
        held_by = live.get(kind_and_name(holding))
        try:
            return await write(self.cluster, pipeline, holding, held_by)
        except SilentError:
            raise
        except ApiServerError as error:
            log.debug("%s/%s: apply will say so: %s", pipeline.namespace, pipeline.name, error)
            return held_by

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
        said = await clients.explanation(self.session, pods) if which in naming.KAFKA_CLIENTS else None
        # A container that crashes tells more than what it waited for before.
        tells = said and not (found.complaint and said.reason == reasons.PROGRESSING)
        return replace(found, complaint=said) if tells else found

    def forget(self, key: Key) -> None:
        """Forget a pipeline that is gone."""
        self.kafkas.forget(key)
        self.jobs.forget(key)

    async def report(self, body: Object, verdicts: Mapping[str, Verdict], details: Mapping[str, Any]) -> None:
        """Write the status where it differs, and an event where Ready's reason does."""
        old, generation = body.get("status", {}), body["metadata"]["generation"]
        await self._write(body, status.build(old, generation, verdicts, datetime.now(UTC), details))

    async def report_failure(self, body: Object, error: Exception) -> None:
        """Write why the reconcile failed; that this fails as well is only logged, since it is tried again anyway."""
        old, generation = body.get("status", {}), body["metadata"]["generation"]
        try:
            await self._write(body, status.failed(old, generation, failure.verdict(error), datetime.now(UTC)))
        except Exception as also:
            name = f"{body['metadata']['namespace']}/{body['metadata']['name']}"
            log.error("%s: the status cannot tell of it: %s", name, failure.described(also))

    async def _write(self, body: Object, new: status.Status) -> None:
        old, metadata = body.get("status", {}), body["metadata"]
        if new == old:
            return
        key = Key(metadata["namespace"], metadata["name"])
        await self.cluster.write_status(key, new)
        if change := status.transition(old, new):
            reason, message = change
            log.info("%s/%s: %s: %s", *key, reason, message)
            kind = "Normal" if reason in reasons.EXPECTED else "Warning"
            await self.cluster.event(key.namespace, key.name, metadata["uid"], reason, message, kind=kind)
