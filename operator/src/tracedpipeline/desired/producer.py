"""The producer of order events."""

from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import kafka_client
from tracedpipeline.kafka.connection import KafkaConnection
from tracedpipeline.kubernetes_api import containers
from tracedpipeline.settings import Settings

COMPONENT = naming.PRODUCER


def deployment(pipeline: TracedPipeline, kafka: KafkaConnection, settings: Settings) -> dict[str, Any]:
    """Return the pods."""
    producer = pipeline.spec.producer
    own = {
        "PRODUCER_RATE_PER_SECOND": containers.number(producer.rate_per_second),
        "PRODUCER_MESSAGE_BYTES": str(producer.message_bytes),
    }
    return kafka_client.deployment(
        pipeline, kafka, producer, component=COMPONENT, image=settings.images.producer, own=own
    )
