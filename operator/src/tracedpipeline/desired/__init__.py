"""Which objects a pipeline is made of. Pure: the same pipeline gives the same objects."""

from typing import Any

from tracedpipeline.api import TracedPipeline
from tracedpipeline.connection import KafkaConnection
from tracedpipeline.desired import collector, consumer, jaeger, producer
from tracedpipeline.settings import Settings

Object = dict[str, Any]


def build(pipeline: TracedPipeline, kafka: KafkaConnection, settings: Settings) -> list[Object]:
    """Return the pipeline's objects in the order in which they are applied; what is missing here is pruned."""
    return [
        jaeger.service_account(pipeline),
        jaeger.config_map(pipeline),
        jaeger.service(pipeline),
        jaeger.deployment(pipeline, settings),
        collector.service_account(pipeline),
        collector.config_map(pipeline),
        collector.service(pipeline),
        collector.deployment(pipeline, settings),
        consumer.service_account(pipeline),
        consumer.deployment(pipeline, kafka, settings),
        producer.service_account(pipeline),
        producer.deployment(pipeline, kafka, settings),
    ]
