"""Flink's JobManager in a cluster of the pipeline's own: starts the job from the newest snapshot in the volume."""

from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import flink, flink_tls, kafka_client, kafka_volumes
from tracedpipeline.kafka.connection import KafkaConnection
from tracedpipeline.kubernetes_api import containers, objects
from tracedpipeline.settings import Settings

COMPONENT = naming.JOB_MANAGER
PORTS = {"rpc": flink.RPC_PORT, "blob": flink.BLOB_PORT, "rest": naming.FLINK_REST_PORT}

# Without it a job that was stopped with a savepoint would end its process, and the kubelet would start it again with
# the old configuration before the new one is there. It also keeps a failed job to be asked why.
KEEP_JOB_MANAGER = {"execution.shutdown-on-application-finish": "false"}


def variables(pipeline: TracedPipeline, kafka: KafkaConnection) -> kafka_client.Variables:
    """Return what both roles read."""
    lines = KEEP_JOB_MANAGER | flink.configuration(pipeline)
    return flink.variables(pipeline, kafka) | {
        "FLINK_JOBMANAGER_ADDRESS": naming.component(pipeline.name, COMPONENT),
        "FLINK_TLS_STORE": flink_tls.STORE_FILE,
        "FLINK_PROPERTIES": flink.properties(lines),
    }


def service(pipeline: TracedPipeline) -> dict[str, Any]:
    """Return where TaskManagers and the operator find it, also before its probes have seen it."""
    found = objects.service(pipeline, COMPONENT, PORTS)
    return {**found, "spec": found["spec"] | {"publishNotReadyAddresses": True}}


def container(
    pipeline: TracedPipeline, kafka: KafkaConnection, settings: Settings, *, component: str, **more: Any
) -> dict[str, Any]:
    """Return the container of either role; the image's entrypoint takes the role's name."""
    consumer = pipeline.spec.consumer
    return containers.container(
        component,
        consumer.image or settings.images.flink_consumer,
        args=[component],
        env=kafka_client.environment(variables(pipeline, kafka), consumer),
        volumeMounts=kafka_volumes.mounts(flink.volumes(pipeline, kafka)),
        **more,
    )


def pod(pipeline: TracedPipeline, kafka: KafkaConnection, container: dict[str, Any]) -> dict[str, Any]:
    """Return the pod of either role around its container."""
    return flink.affinity(pipeline) | {
        "serviceAccountName": naming.component(pipeline.name, naming.CONSUMER),
        "securityContext": containers.pod_security(flink.USER),
        "containers": [container],
        "volumes": [volume for volume, _ in flink.volumes(pipeline, kafka)],
    }


def revised(pipeline: TracedPipeline, kafka: KafkaConnection, key: str) -> kafka_client.Variables:
    """Return all that the pods of either role are to be replaced for; `key` identifies the one that they share."""
    return kafka_client.revised(variables(pipeline, kafka), kafka) | ({"key": key} if key else {})


def deployment(pipeline: TracedPipeline, kafka: KafkaConnection, settings: Settings, key: str) -> dict[str, Any]:
    """Return the one pod."""
    main = container(
        pipeline,
        kafka,
        settings,
        component=COMPONENT,
        ports=[containers.port(name, number) for name, number in PORTS.items()],
        resources=flink.resources(flink.of(pipeline).job_manager, cpu="100m"),
        **containers.probes("rest", live="/config", ready="/jobs/overview"),
    )
    return objects.deployment(
        pipeline,
        COMPONENT,
        replicas=1,
        pod=pod(pipeline, kafka, main),
        config=revised(pipeline, kafka, key),
        strategy="Recreate",
    )
