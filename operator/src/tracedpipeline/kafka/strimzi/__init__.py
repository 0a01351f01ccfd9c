"""What Strimzi's resources say about a pipeline's Kafka. Pure."""

from tracedpipeline.kafka.strimzi.plan import Access, access, held
from tracedpipeline.kafka.strimzi.snapshot import KafkaSnapshot

__all__ = ["Access", "KafkaSnapshot", "access", "held"]
