"""The consumer of order events."""

from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.api.quantities import milliseconds
from tracedpipeline.desired import kafka_client
from tracedpipeline.kafka.connection import KafkaConnection
from tracedpipeline.settings import Settings

COMPONENT = naming.CONSUMER


def variables(pipeline: TracedPipeline) -> kafka_client.Variables:
    """Return the variables that only a consumer has, whichever engine runs it."""
    consumer = pipeline.spec.consumer
    return {
        "KAFKA_GROUP_ID": consumer.group_id,
        "KAFKA_DEAD_LETTER_TOPIC": pipeline.spec.dead_letter_topic,
        "CONSUMER_PROCESSING_TIME_MS": str(milliseconds(consumer.processing_time)),
    }


def deployment(pipeline: TracedPipeline, kafka: KafkaConnection, settings: Settings) -> dict[str, Any]:
    """Return the pods."""
    consumer, image = pipeline.spec.consumer, settings.images.consumer
    return kafka_client.deployment(pipeline, kafka, consumer, component=COMPONENT, image=image, own=variables(pipeline))
