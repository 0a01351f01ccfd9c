"""From a plan to what there is: all that a reconcile writes, but for the status."""

import logging
from dataclasses import dataclass, replace

from tracedpipeline import failure
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import in_use
from tracedpipeline.desired.in_use import InUse
from tracedpipeline.flink import tls_key, upgrade
from tracedpipeline.flink.jobs import Jobs
from tracedpipeline.kafka.access import KafkaClusters
from tracedpipeline.kubernetes_api import apply, ownership
from tracedpipeline.kubernetes_api.client import Cluster, kind_and_name
from tracedpipeline.kubernetes_api.errors import ApiServerError, SilentError
from tracedpipeline.kubernetes_api.ownership import ObjectNotOwnedError, PreviousDrainingError
from tracedpipeline.state import Applied, Live, Object, Plan, State
from tracedpipeline.together import both_ends

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Applier:
    """Writes to the API server and Kafka, and ends Flink jobs."""

    cluster: Cluster
    kafka_clusters: KafkaClusters
    jobs: Jobs

    async def prepare(self, pipeline: TracedPipeline, state: State) -> State:
        """Return the state with what a plan refers to, which is written first.

        Where an earlier pipeline of this name drains, nothing else is touched: raises PreviousDrainingError.
        """
        wanted = in_use.config_map(pipeline, state.client_pods)
        if kind_and_name(wanted) not in state.live and ownership.are_orphaned(state.live.values()):
            # What it keeps is ours then, too.
            await apply.adopt(self.cluster, pipeline, wanted)
            state = replace(state, live=await self.cluster.owned(pipeline))
        written = await self._write_in_use(pipeline, wanted, state.live)
        live = dict(state.live) | ({kind_and_name(wanted): written} if written else {})
        key = await tls_key.ensure(self.cluster, pipeline) if pipeline.spec.consumer.by_flink else ""
        return replace(state, live=live, in_use=InUse(wanted, written), flink_key=key)

    async def _write_in_use(self, pipeline: TracedPipeline, wanted: Object, live: Live) -> Object | None:
        """Return what keeps objects there until clients have drained; where it is refused, so far, others are not."""
        found = live.get(kind_and_name(wanted))
        try:
            return await apply.write(self.cluster, pipeline, wanted, found)
        except SilentError:
            raise
        except ApiServerError as error:
            log.debug("%s/%s: apply will say so: %s", pipeline.namespace, pipeline.name, error)
            return found

    async def apply(self, pipeline: TracedPipeline, state: State, plan: Plan) -> Applied:
        """Apply the objects and create the topics, side by side: a Kafka cluster that is away delays nothing else.

        Raises only what nothing more is to be done after, such as ObjectNotOwnedError; all else is in the result.
        """
        pending, protected = None, plan.protected
        if state.access.clients:
            pending = await self.jobs.prepare_upgrade(pipeline, plan.objects, state.live)
        if pending:
            protected |= upgrade.protected_while_pending(pipeline.name)
        kafka, written = await both_ends(
            self.kafka_clusters.verdict(pipeline, state.access),
            apply.apply(self.cluster, pipeline, plan.objects, state.live, protected),
        )
        if isinstance(written, ObjectNotOwnedError | PreviousDrainingError):
            raise written
        verdict = failure.verdict(kafka) if isinstance(kafka, Exception) else kafka
        errors = tuple(end for end in (kafka, written) if isinstance(end, Exception))
        contested = tuple(self.cluster.contests.said((pipeline.namespace, pipeline.name)))
        cluster_id = self.kafka_clusters.cluster_id(state.access)
        return Applied(verdict, pending, errors, contested, cluster_id, state.access.held)
