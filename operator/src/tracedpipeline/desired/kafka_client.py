"""What producer and consumer have in common: how they reach Kafka and the Collector, and how they are watched."""

from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import EnvironmentVariable, TracedPipeline, Workload
from tracedpipeline.desired import kafka_volumes
from tracedpipeline.desired.kafka_volumes import CA_DIRECTORY, CREDENTIALS_DIRECTORY, USER_DIRECTORY
from tracedpipeline.kafka.connection import CA_KEY, CERTIFICATE_KEY, PRIVATE_KEY_KEY, KafkaConnection
from tracedpipeline.kubernetes_api import containers, objects

# What only the pod itself can tell, ahead of the variables that refer to it.
POD_FIELDS = {"POD_NAME": "metadata.name", "NODE_NAME": "spec.nodeName", "NODE_IP": "status.hostIP"}

Variables = dict[str, str]


def _kafka(pipeline: TracedPipeline, kafka: KafkaConnection) -> Variables:
    variables = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "KAFKA_SECURITY_PROTOCOL": kafka.protocol,
        "KAFKA_TOPIC": pipeline.spec.kafka.topic.name,
    }
    if kafka.mechanism:
        variables["KAFKA_SASL_MECHANISM"] = kafka.mechanism
    if kafka.credentials_secret:
        variables["KAFKA_SASL_CREDENTIALS_DIR"] = CREDENTIALS_DIRECTORY
    if kafka.plaintext_password:
        variables["KAFKA_SASL_ALLOW_PLAINTEXT_PASSWORD"] = "true"  # noqa: S105 - no password
    if kafka.username:
        variables["KAFKA_SASL_USERNAME"] = kafka.username
    if kafka.certificate_secret:
        variables["KAFKA_SSL_CERTIFICATE_FILE"] = f"{USER_DIRECTORY}/{CERTIFICATE_KEY}"
        variables["KAFKA_SSL_KEY_FILE"] = f"{USER_DIRECTORY}/{PRIVATE_KEY_KEY}"
    if kafka.ca_secret or kafka.ca_certificates:
        variables["KAFKA_SSL_CA_FILE"] = f"{CA_DIRECTORY}/{CA_KEY}"
    return variables


def _telemetry(pipeline: TracedPipeline, component: str) -> Variables:
    collector = naming.component(pipeline.name, naming.COLLECTOR)
    return {
        "OTEL_SERVICE_NAME": naming.component(pipeline.name, component),
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{collector}:{naming.OTLP_HTTP_PORT}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_METRICS_EXPORTER": "none",  # our Collector has nowhere to send metrics to; whoever has sets env
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": containers.number(pipeline.spec.tracing.sampling_ratio),
        "OTEL_RESOURCE_ATTRIBUTES": (
            # The host: spans of one are by one clock, of which Jaeger then does not warn. Its web page goes by `ip`,
            # its newer API by the name that the conventions have.
            f"host.name=$(NODE_NAME),ip=$(NODE_IP),k8s.namespace.name={pipeline.namespace},k8s.pod.name=$(POD_NAME),"
            f"tracedpipeline.name={pipeline.name}"
        ),
        "KAFKATRACE_CLUSTER_NAME": naming.queue_service(pipeline.name),
    }


def environment(variables: Variables, workload: Workload) -> list[dict[str, Any]]:
    """Return the variables; one of the user's takes the place of ours, so that what refers to it finds it before."""
    pod = {name: _field(name, path) for name, path in POD_FIELDS.items()}
    own = {name: _variable(name, value) for name, value in variables.items()}
    given = {variable.name: _given(variable) for variable in workload.env}
    return list((pod | own | given).values())


def _given(variable: EnvironmentVariable) -> dict[str, Any]:
    if variable.value_from is None:
        return _variable(variable.name, variable.value or "")
    return {"name": variable.name, "valueFrom": variable.value_from.model_dump(by_alias=True, exclude_none=True)}


def _field(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}


def _variable(name: str, value: str) -> dict[str, Any]:
    # The API server stores no empty value.
    return {"name": name, "value": value} if value else {"name": name}


def settings_of(pipeline: TracedPipeline, kafka: KafkaConnection, *, component: str, own: Variables) -> Variables:
    """Return all variables of a Kafka client; `own` are those that only it has."""
    return _kafka(pipeline, kafka) | own | _telemetry(pipeline, component)


def revised(variables: Variables, kafka: KafkaConnection) -> Variables:
    """Return all that the pods are to be replaced for: the variables, and what the mounted files say."""
    files = {"user": kafka.revision, "ca": kafka.ca_certificates or ""}
    return variables | {name: said for name, said in files.items() if said}


def deployment(
    pipeline: TracedPipeline,
    kafka: KafkaConnection,
    workload: Workload,
    *,
    component: str,
    image: str,
    own: Variables,
) -> dict[str, Any]:
    """Return the pods of a Kafka client; `own` are the variables that only it has."""
    mounted = kafka_volumes.volumes(pipeline, kafka)
    variables = settings_of(pipeline, kafka, component=component, own=own) | {
        "HEALTH_PORT": str(naming.CLIENT_HEALTH_PORT)
    }
    container = containers.container(
        component,
        workload.image or image,
        env=environment(variables, workload),
        ports=[containers.port("health", naming.CLIENT_HEALTH_PORT)],
        resources=containers.resources(workload.resources, cpu="50m", memory="96Mi", memory_limit="256Mi"),
        volumeMounts=kafka_volumes.mounts(mounted),
        **containers.probes("health", live="/livez", ready="/readyz"),
    )
    pod = {"containers": [container], "volumes": [volume for volume, _ in mounted]}
    config = revised(variables, kafka)
    return objects.deployment(
        pipeline, component, replicas=workload.replicas, pod=pod, config=config, strategy="RollingUpdate"
    )
