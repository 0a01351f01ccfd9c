"""What Flink's JobManager and TaskManagers have in common, whoever starts their pods."""

from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import FlinkProcess, FlinkSpec, TracedPipeline
from tracedpipeline.api.quantities import amount, canonical, milliseconds
from tracedpipeline.desired import consumer, flink_tls, kafka_client, kafka_volumes
from tracedpipeline.kafka.connection import KafkaConnection
from tracedpipeline.kubernetes_api import containers

# The user of the image, as in Flink's own.
USER = 9999
RPC_PORT = 6123
BLOB_PORT = 6124
TASK_MANAGER_PORT = 6122
STATE_DIRECTORY = "/opt/flink/state"
LOG_DIRECTORY = "/opt/flink/log"
# What Python takes beside the JVM: the job's main() in the JobManager, the workers in a TaskManager.
PYTHON_MEMORY = "256Mi"
SIGNALS = ("metrics", "traces")


def of(pipeline: TracedPipeline) -> FlinkSpec:
    """Return how Flink runs the consumer; only for pipelines whose consumer it runs."""
    spec = pipeline.spec.consumer.by_flink
    if spec is None:
        raise ValueError(f"{pipeline.name}: the consumer's engine is {pipeline.spec.consumer.engine}")
    return spec


def variables(pipeline: TracedPipeline, kafka: KafkaConnection) -> kafka_client.Variables:
    """Return the variables of both roles; how Flink itself is set up comes on top."""
    spec = of(pipeline)
    own = consumer.variables(pipeline) | {
        "KAFKA_RESULTS_TOPIC": pipeline.spec.results_topic or "",
        "FLINK_PARALLELISM": str(pipeline.spec.consumer.replicas),
        "FLINK_STATE_DIR": STATE_DIRECTORY,
        "FLINK_CHECKPOINT_INTERVAL_MS": str(milliseconds(spec.checkpoint_interval)),
        "FLINK_DELIVERY": spec.delivery,
        "FLINK_PYTHON_MODE": spec.python_mode,
        "FLINK_BUNDLE_TIME_MS": str(milliseconds(spec.bundle_time)),
    }
    found = kafka_client.settings_of(pipeline, kafka, component=naming.CONSUMER, own=own)
    return found | {"OTEL_METRICS_EXPORTER": "otlp"}


def configuration(pipeline: TracedPipeline) -> dict[str, str]:
    """Return the lines of Flink's configuration that are not the job's own."""
    spec = of(pipeline)
    return {
        "jobmanager.memory.process.size": megabytes(spec.job_manager.memory),
        "taskmanager.memory.process.size": megabytes(spec.task_manager.memory),
        # Its button on Flink's web page; the REST API itself is closed by the NetworkPolicy.
        "web.cancel.enable": "false",
        **{f"{signal}.reporter.otel.service.name": naming.flink_service(pipeline.name) for signal in SIGNALS},
    }


def claim_name(pipeline: TracedPipeline) -> str:
    """Return the name of the claim for the volume that keeps the job's state."""
    return of(pipeline).checkpoint_storage.existing_claim or naming.checkpoints(pipeline.name)


def volumes(pipeline: TracedPipeline, kafka: KafkaConnection) -> list[kafka_volumes.Volume]:
    """Return each volume with the directory that it is mounted at."""
    return [
        *kafka_volumes.volumes(pipeline, kafka, scratch="1Gi"),
        ({"name": "log", "emptyDir": {"sizeLimit": "256Mi"}}, LOG_DIRECTORY),
        flink_tls.volume(pipeline),
        ({"name": "state", "persistentVolumeClaim": {"claimName": claim_name(pipeline)}}, STATE_DIRECTORY),
    ]


def affinity(pipeline: TracedPipeline) -> dict[str, Any]:
    """Return the wish for one node, where the volume can be mounted on one only."""
    if of(pipeline).checkpoint_storage.existing_claim:
        return {}
    roles = {"key": naming.NAME, "operator": "In", "values": [naming.JOB_MANAGER, naming.TASK_MANAGER]}
    selector = {"matchLabels": {naming.INSTANCE: pipeline.name}, "matchExpressions": [roles]}
    term = {"labelSelector": selector, "topologyKey": "kubernetes.io/hostname"}
    return {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}


def megabytes(quantity: str) -> str:
    """Return the quantity as Flink writes memory, in whole mebibytes."""
    return f"{int(amount(quantity) / 1024**2)}m"


def resources(process: FlinkProcess, *, cpu: str) -> dict[str, Any]:
    """Return the container's resources: Flink's memory and Python's, where the spec gives nothing else."""
    memory = canonical(f"{int((amount(process.memory) + amount(PYTHON_MEMORY)) / 1024**2)}Mi")
    return containers.resources(process.resources, cpu=cpu, memory=memory, memory_limit=memory)


def properties(lines: dict[str, str]) -> str:
    """Return lines of Flink's config.yaml."""
    return "\n".join(f"{key}: {value}" for key, value in lines.items())
