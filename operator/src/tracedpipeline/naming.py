"""Every name, label and selector of the objects that a pipeline is made of."""

from typing import Final

from tracedpipeline.api import GROUP

FIELD_MANAGER: Final = "tracedpipeline-operator"
PART_OF: Final = "tracedpipeline"
MANAGED_BY: Final = {"app.kubernetes.io/managed-by": FIELD_MANAGER}

# In a pod's template: a new configuration rolls the pods.
CONFIG_HASH: Final = f"{GROUP}/config-hash"
# On every object: what was applied last, so that a restart of the operator writes nothing.
APPLIED_HASH: Final = f"{GROUP}/applied-hash"

INSTANCE: Final = "app.kubernetes.io/instance"
NAME: Final = "app.kubernetes.io/name"

PRODUCER: Final = "producer"
CONSUMER: Final = "consumer"
COLLECTOR: Final = "collector"
JAEGER: Final = "jaeger"
COMPONENTS: Final = (COLLECTOR, JAEGER, PRODUCER, CONSUMER)
KAFKA_CLIENTS: Final = (PRODUCER, CONSUMER)
# What reaches into Kafka: topics, users, the cluster itself where it is the pipeline's.
KAFKA: Final = "kafka"
# What the consumer is made of where Flink runs it.
JOB_MANAGER: Final = "jobmanager"
TASK_MANAGER: Final = "taskmanager"
# What runs Kafka's clients, whatever the engine.
CLIENT_PARTS: Final = (PRODUCER, CONSUMER, JOB_MANAGER, TASK_MANAGER)
# What keeps the rest there while clients drain.
IN_USE: Final = "in-use"

CLIENT_HEALTH_PORT: Final = 8080
OTLP_GRPC_PORT: Final = 4317
OTLP_HTTP_PORT: Final = 4318
JAEGER_QUERY_PORT: Final = 16686
FLINK_REST_PORT: Final = 8081


def component(pipeline: str, component: str) -> str:
    """Return the name of a component's objects, which is also its service name in traces."""
    return f"{pipeline}-{component}"


def config(pipeline: str, component: str) -> str:
    """Return the name of a component's ConfigMap."""
    return f"{pipeline}-{component}-config"


def ca_certificates(pipeline: str) -> str:
    """Return the name of the ConfigMap with the certificates of those who sign the brokers' own."""
    return f"{pipeline}-kafka-ca"


def cluster_ca_secret(kafka: str) -> str:
    """Return the name that Strimzi gives to the Secret with the certificates of a cluster's CA."""
    return f"{kafka}-cluster-ca-cert"


def checkpoints(pipeline: str) -> str:
    """Return the name of the claim for the volume that keeps Flink's checkpoints."""
    return f"{pipeline}-checkpoints"


def flink_tls(pipeline: str) -> str:
    """Return the name of the Secret with the key that Flink's processes show each other."""
    return f"{pipeline}-flink-tls"


def flink_policy(pipeline: str) -> str:
    """Return the name of the NetworkPolicy for the pods of Flink's processes."""
    return f"{pipeline}-flink"


def flink_url(service: str, namespace: str) -> str:
    """Return where a JobManager's REST API answers inside the cluster."""
    return f"http://{service}.{namespace}.svc:{FLINK_REST_PORT}"


def flink_service(pipeline: str) -> str:
    """Return the service name of Flink's own spans; another than the consumer's, whose spans are of messages."""
    return f"{pipeline}-flink"


def queue_service(pipeline: str) -> str:
    """Return the service name that the broker's queue has in traces."""
    return f"{pipeline}-kafka"


def selector(pipeline: str, component: str) -> dict[str, str]:
    """Return what selects a component's pods; immutable for the life of a Deployment, so never more than this."""
    return {NAME: component, INSTANCE: pipeline, "app.kubernetes.io/part-of": PART_OF}


def client_pods(pipeline: str) -> str:
    """Return the selector of the pods that are clients of Kafka, and of all that is made for them."""
    return f"{NAME} in ({','.join(CLIENT_PARTS)}),{INSTANCE}={pipeline},app.kubernetes.io/part-of={PART_OF}"


def labels(pipeline: str, component: str) -> dict[str, str]:
    """Return the labels of a component's objects."""
    return selector(pipeline, component) | MANAGED_BY | {"app.kubernetes.io/component": component}


def jaeger_url(pipeline: str, namespace: str) -> str:
    """Return where Jaeger's query API answers inside the cluster."""
    return f"http://{component(pipeline, JAEGER)}.{namespace}.svc:{JAEGER_QUERY_PORT}"


def trace_path(trace_id: str) -> str:
    """Return the path of a trace on Jaeger's web page."""
    return f"/trace/{trace_id}"
