"""What a reconcile is done with: who observes, who applies, who reports."""

from dataclasses import dataclass

import aiohttp

from tracedpipeline.apply import Applier
from tracedpipeline.flink.jobs import Jobs
from tracedpipeline.kafka.access import KafkaClusters
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.observe import Observer
from tracedpipeline.report import Reporter
from tracedpipeline.settings import Settings


@dataclass(frozen=True)
class Reconciler:
    """The parts of a reconcile that touch something; what they decide by is pure."""

    observer: Observer
    applier: Applier
    reporter: Reporter
    cluster: Cluster
    settings: Settings

    def forget(self, key: Key) -> None:
        """Forget a pipeline that is gone."""
        self.observer.forget(key)
        self.observer.kafka_clusters.forget(key)
        self.observer.jobs.forget(key)
        self.reporter.forget(key)
        self.cluster.contests.forget(key)
        self.cluster.events.forget(key)


def connected(
    cluster: Cluster, kafka_clusters: KafkaClusters, session: aiohttp.ClientSession, settings: Settings, jobs: Jobs
) -> Reconciler:
    """Return the Reconciler of these connections."""
    observer = Observer(cluster, kafka_clusters, session, settings, jobs)
    return Reconciler(observer, Applier(cluster, kafka_clusters, jobs), Reporter(cluster), cluster, settings)
