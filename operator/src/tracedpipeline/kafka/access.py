"""The Kafka cluster of each pipeline: read through Strimzi's resources, else asked directly."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tracedpipeline import naming
from tracedpipeline.api import KafkaCluster, TracedPipeline
from tracedpipeline.kafka import connection, plan, strimzi
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.kafka.revisions import revision
from tracedpipeline.kafka.secrets import missing_secret
from tracedpipeline.kafka.strimzi import Access, KafkaSnapshot, users
from tracedpipeline.kafka.strimzi.metadata import CLUSTER_LABEL
from tracedpipeline.kafka.topics import Wanted
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.kubernetes_api.errors import NotAllowedError
from tracedpipeline.kubernetes_api.reread import LONGEST_SECONDS, Reread
from tracedpipeline.together import all_of
from tracedpipeline.verdict import Verdict

# What others write for Strimzi is read; what has our labels wakes a reconcile, and is then read with all else.
OWN_KINDS = ("Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser")
LONGEST_WHILE_READY_SECONDS = 15.0


@dataclass(frozen=True)
class KafkaClusters:
    """What a reconcile needs of Kafka."""

    cluster: Cluster
    topics: Topics
    again: Reread = field(default_factory=Reread)
    ready: set[Key] = field(default_factory=set)

    async def access(self, pipeline: TracedPipeline) -> Access:
        """Return the pipeline's access to its Kafka cluster."""
        wanted = pipeline.spec.kafka.cluster
        if wanted is None:
            return await self._by_servers(pipeline)
        key, question = Key(pipeline.namespace, pipeline.name), (wanted, self.cluster.versions(pipeline, OWN_KINDS))
        longest = LONGEST_WHILE_READY_SECONDS if key in self.ready else LONGEST_SECONDS
        shown = await self.again.get(key, question, lambda: self._look(pipeline, wanted), longest)
        cluster_id = ((shown.kafka or {}).get("status") or {}).get("clusterId")
        found = replace(plan.access(pipeline, shown), cluster_id=cluster_id, held=strimzi.held(pipeline, shown))
        (self.ready.add if found.clients and (found.verdict is None or found.verdict.ok) else self.ready.discard)(key)
        return found

    async def verdict(self, pipeline: TracedPipeline, access: Access) -> Verdict:
        """Return whether Kafka is as the pipeline needs it; where Strimzi does not make the topics, see to them."""
        if access.verdict:
            return access.verdict
        reached = access.clients[naming.CONSUMER]
        wanted = Wanted(pipeline.spec, pipeline.kafka_record.topics)
        return await self.topics.ensure(Key(pipeline.namespace, pipeline.name), reached, access.secrets, wanted)

    def cluster_id(self, access: Access) -> str | None:
        """Return the id of the Kafka cluster, as far as anybody has told it."""
        if access.cluster_id or not access.clients:
            return access.cluster_id
        return self.topics.cluster_id(access.clients[naming.CONSUMER].bootstrap_servers)

    async def _by_servers(self, pipeline: TracedPipeline) -> Access:
        """Return the access that the spec names; where a Secret for it is missing, what runs stays as it is."""
        named = connection.from_spec(pipeline.spec)
        key = Key(pipeline.namespace, pipeline.name)
        secrets = await self.again.get(key, named.secrets, lambda: self._secrets(pipeline.namespace, named.secrets))
        if missing := missing_secret(named, secrets):
            self.again.forget(key)
            return Access(missing)
        # Slow on purpose, where it has not been asked before.
        revised = replace(named, revision=await asyncio.to_thread(revision, named, secrets, pipeline.uid))
        return Access(None, clients=connection.alike(revised), secrets=secrets)

    async def _look(self, pipeline: TracedPipeline, wanted: KafkaCluster) -> KafkaSnapshot:
        where = wanted.namespace or pipeline.namespace
        try:
            return await self._look_into(pipeline, wanted, where)
        except NotAllowedError as error:
            return KafkaSnapshot(denied=str(error))

    async def _look_into(self, pipeline: TracedPipeline, wanted: KafkaCluster, where: str) -> KafkaSnapshot:
        kafka = await self.cluster.find("Kafka", where, wanted.name)
        if kafka is None:
            return KafkaSnapshot(installed=await self.cluster.knows("Kafka", where))
        selector = f"{CLUSTER_LABEL}={wanted.name}"
        topics, found = await all_of(
            self.cluster.list_of(kind, where, selector) for kind in ("KafkaTopic", "KafkaUser")
        )
        names = [*users.names(pipeline).values(), naming.cluster_ca_secret(wanted.name)]
        return KafkaSnapshot(
            kafka=kafka,
            topics=topics,
            users={user["metadata"]["name"]: user for user in found},
            # Another namespace's Secrets are none of ours.
            secrets=await self._secrets(where, names) if where == pipeline.namespace else {},
        )

    async def _secrets(self, namespace: str, names: Iterable[str]) -> dict[str, dict[str, bytes]]:
        found = {name: await self.cluster.secret(namespace, name) for name in names}
        return {name: content for name, content in found.items() if content is not None}

    def forget(self, key: Key) -> None:
        """Forget a pipeline that is gone."""
        self.topics.forget(key)
        self.ready.discard(key)
        self.again.forget(key)
