"""A pipeline's access to its Kafka cluster, as spec and Strimzi's resources give it: no Secret is read for it. Pure."""

from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka import connection, strimzi
from tracedpipeline.kafka.strimzi import Access, KafkaSnapshot


def access(pipeline: TracedPipeline, snapshot: KafkaSnapshot | None = None) -> Access:
    """Return the access; without what Strimzi's resources show there are no clients of a cluster that it runs."""
    if cluster := pipeline.spec.kafka.cluster:
        return strimzi.access(pipeline, cluster, snapshot or KafkaSnapshot())
    return Access(None, clients=connection.alike(connection.from_spec(pipeline.spec)))
