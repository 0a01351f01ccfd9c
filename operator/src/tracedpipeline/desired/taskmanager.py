"""Flink's TaskManagers in a cluster of the pipeline's own: as many as the job is parallel."""

from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import flink, jobmanager
from tracedpipeline.kafka.connection import KafkaConnection
from tracedpipeline.kubernetes_api import containers, objects
from tracedpipeline.settings import Settings

COMPONENT = naming.TASK_MANAGER


def deployment(pipeline: TracedPipeline, kafka: KafkaConnection, settings: Settings, key: str) -> dict[str, Any]:
    """Return the pods, which are replaced all at once: the job needs all of them anyway."""
    container = jobmanager.container(
        pipeline,
        kafka,
        settings,
        component=COMPONENT,
        ports=[containers.port("rpc", flink.TASK_MANAGER_PORT)],
        resources=flink.resources(flink.of(pipeline).task_manager, cpu="200m"),
        **containers.connection_probes("rpc"),
    )
    return objects.deployment(
        pipeline,
        COMPONENT,
        replicas=pipeline.spec.consumer.replicas,
        pod=jobmanager.pod(pipeline, kafka, container),
        config=jobmanager.revised(pipeline, kafka, key),
        strategy="Recreate",
    )
