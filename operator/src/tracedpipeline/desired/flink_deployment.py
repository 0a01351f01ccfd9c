"""The consumer as a FlinkDeployment, for the Flink Kubernetes Operator 1.15 (native mode, application mode).

https://nightlies.apache.org/flink/flink-kubernetes-operator-docs-release-1.15/docs/custom-resource/reference/
"""

from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import FlinkProcess, TracedPipeline
from tracedpipeline.api.quantities import amount
from tracedpipeline.desired import flink, flink_tls, kafka_client, kafka_volumes
from tracedpipeline.kafka.connection import KafkaConnection
from tracedpipeline.kubernetes_api import containers, objects
from tracedpipeline.kubernetes_api.kinds import type_meta
from tracedpipeline.settings import Settings

CONTAINER = "flink-main-container"  # the name by which Flink finds its container in a pod template
# As versions.mk has it. The image's own entrypoint tells Flink the same as all of this: a test compares them.
VERSION = "2.2.1"
FLINK_VERSION = f"v{'_'.join(VERSION.split('.')[:2])}"
PYTHON_JAR = f"local:///opt/flink/opt/flink-python-{VERSION}.jar"
PYTHON_DRIVER = "org.apache.flink.client.python.PythonDriver"
PYTHON = "/opt/venv/bin/python"
ARGUMENTS = ("-pyclientexec", PYTHON, "-pyexec", PYTHON, "-py", "/opt/job/job.py")
# To standard output. PythonEnvUtils prints the whole environment at INFO, which may hold a Collector's credentials;
# TypeExtractor 200 lines about SQL's classes.
LOG4J = """\
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
logger.environment.name = org.apache.flink.client.python.PythonEnvUtils
logger.environment.level = WARN
logger.types.name = org.apache.flink.api.java.typeutils.TypeExtractor
logger.types.level = WARN
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %c %x - %m%n
"""
# Flink makes a limit of the request times a factor; where the spec gives no limit, more than any pod will use.
UNLIMITED_FACTOR = 16


def role_binding(pipeline: TracedPipeline, settings: Settings) -> dict[str, Any]:
    """Return what lets the JobManager make its TaskManagers' pods, and keep its leader and checkpoint pointer.

    The role comes with the chart; we may bind it, and hold none of its rights ourselves.
    """
    kind, name = settings.flink_role
    account = naming.component(pipeline.name, naming.CONSUMER)
    return {
        **type_meta("RoleBinding"),
        "metadata": objects.metadata(pipeline, naming.CONSUMER),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": pipeline.namespace}],
    }


def flink_deployment(pipeline: TracedPipeline, kafka: KafkaConnection, settings: Settings, key: str) -> dict[str, Any]:
    """Return the resource; its operator stops with a savepoint, starts from it, and recovers what dies."""
    consumer, spec = pipeline.spec.consumer, flink.of(pipeline)
    return {
        **type_meta("FlinkDeployment"),
        "metadata": objects.metadata(pipeline, naming.CONSUMER),
        "spec": {
            "image": consumer.image or settings.images.flink_consumer,
            "imagePullPolicy": "IfNotPresent",
            "flinkVersion": FLINK_VERSION,
            "mode": "native",
            "serviceAccount": naming.component(pipeline.name, naming.CONSUMER),
            "flinkConfiguration": configuration(pipeline),
            "logConfiguration": {"log4j-console.properties": LOG4J},
            "podTemplate": _template(pipeline, kafka, key),
            "jobManager": {"replicas": 1} | _process(pipeline, naming.JOB_MANAGER, spec.job_manager, cpu="100m"),
            "taskManager": _process(pipeline, naming.TASK_MANAGER, spec.task_manager, cpu="200m"),
            "job": {
                "jarURI": PYTHON_JAR,
                "entryClass": PYTHON_DRIVER,
                "args": list(ARGUMENTS),
                "parallelism": consumer.replicas,
                "state": "running",
                "upgradeMode": "savepoint",
            },
        },
    }


def configuration(pipeline: TracedPipeline) -> dict[str, str]:
    """Return Flink's configuration; in a cluster of our own the image's entrypoint writes the same."""
    spec = flink.of(pipeline)
    state = f"file://{flink.STATE_DIRECTORY}"
    return {
        "execution.checkpointing.dir": f"{state}/checkpoints",
        "execution.checkpointing.savepoint-dir": f"{state}/savepoints",
        # A JobManager that dies goes on from the last checkpoint, not from where it had started.
        "high-availability.type": "kubernetes",
        "high-availability.storageDir": f"{state}/ha",
        **{key: value for key, value in flink.configuration(pipeline).items() if not key.endswith(".process.size")},
        **_factors("jobmanager", spec.job_manager, cpu="100m"),
        **_factors("taskmanager", spec.task_manager, cpu="200m"),
        **_reporters(pipeline),
        **flink_tls.configuration(),
    }


def _reporters(pipeline: TracedPipeline) -> dict[str, str]:
    collector = f"http://{naming.component(pipeline.name, naming.COLLECTOR)}:{naming.OTLP_HTTP_PORT}"
    found = {f"{signal}.reporters": "otel" for signal in flink.SIGNALS}
    for signal, factory in (
        ("metrics", "org.apache.flink.metrics.otel.OpenTelemetryMetricReporterFactory"),
        ("traces", "org.apache.flink.traces.otel.OpenTelemetryTraceReporterFactory"),
    ):
        reporter = f"{signal}.reporter.otel"
        found |= {
            f"{reporter}.factory.class": factory,
            f"{reporter}.exporter.endpoint": f"{collector}/v1/{signal}",
            f"{reporter}.exporter.protocol": "HTTP",
        }
    return found


def _factors(role: str, process: FlinkProcess, *, cpu: str) -> dict[str, str]:
    """Return by how much a container may use more than it asks for: memory for Python, and processor."""
    wanted = flink.resources(process, cpu=cpu)
    limits, cores = wanted["limits"], amount(wanted["requests"]["cpu"])
    memory = amount(limits["memory"]) / amount(process.memory)
    processor = amount(limits["cpu"]) / cores if "cpu" in limits else UNLIMITED_FACTOR
    return {
        f"kubernetes.{role}.memory.limit-factor": f"{memory:.3f}",
        f"kubernetes.{role}.cpu.limit-factor": f"{processor:.3f}",
    }


def _process(pipeline: TracedPipeline, component: str, process: FlinkProcess, *, cpu: str) -> dict[str, Any]:
    cores = amount(flink.resources(process, cpu=cpu)["requests"]["cpu"])
    return {
        "resource": {"memory": flink.megabytes(process.memory), "cpu": float(cores)},
        "podTemplate": {"metadata": {"labels": naming.labels(pipeline.name, component)}},
    }


def _template(pipeline: TracedPipeline, kafka: KafkaConnection, key: str) -> dict[str, Any]:
    mounted = flink.volumes(pipeline, kafka)
    variables = flink.variables(pipeline, kafka)
    container = {
        "name": CONTAINER,
        "securityContext": containers.container_security(),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "env": kafka_client.environment(variables, pipeline.spec.consumer),
        "volumeMounts": kafka_volumes.mounts(mounted),
    }
    pod = flink.affinity(pipeline) | {
        # The one component that talks to the API server: for its TaskManagers' pods.
        "automountServiceAccountToken": True,
        "enableServiceLinks": False,
        "securityContext": containers.pod_security(flink.USER),
        "containers": [container],
        "volumes": [volume for volume, _ in mounted],
    }
    # Its operator knows nothing of what is in mounted files.
    files = kafka_client.revised({}, kafka) | ({"key": key} if key else {})
    metadata = {"metadata": {"annotations": {naming.CONFIG_HASH: objects.digest(files)}}} if files else {}
    return metadata | {"spec": pod}
