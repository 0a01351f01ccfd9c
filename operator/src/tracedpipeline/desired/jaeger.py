"""Jaeger 2: keeps the traces in memory, answers queries."""

import json
from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import trace_memory
from tracedpipeline.kubernetes_api import containers, objects
from tracedpipeline.settings import Settings

COMPONENT = naming.JAEGER
HEALTH_PORT = 13133
CONFIG_DIRECTORY = "/etc/jaeger"
FILE = "config.yaml"
STORE = "memory"
MEMORY = "512Mi"


def configuration(pipeline: TracedPipeline) -> dict[str, Any]:
    """Return Jaeger's configuration; it is an OpenTelemetry Collector with a store and a query extension."""
    kept = trace_memory.traces(_memory_limit(pipeline), flink=pipeline.spec.consumer.by_flink is not None)
    return {
        "extensions": {
            "healthcheckv2": {"use_v2": True, "http": {"endpoint": f"0.0.0.0:{HEALTH_PORT}"}},
            "jaeger_storage": {"backends": {STORE: {"memory": {"max_traces": kept}}}},
            "jaeger_query": {
                "storage": {"traces": STORE},
                "http": {"endpoint": f"0.0.0.0:{naming.JAEGER_QUERY_PORT}"},
            },
        },
        "receivers": {
            "otlp": {
                "protocols": {
                    "grpc": {
                        "endpoint": f"0.0.0.0:{naming.OTLP_GRPC_PORT}",
                        # As often as the Collector asks whether we are there; gRPC's default is five minutes.
                        "keepalive": {"enforcement_policy": {"min_time": "5s", "permit_without_stream": True}},
                    }
                }
            }
        },
        "exporters": {"jaeger_storage_exporter": {"trace_storage": STORE}},
        "service": {
            "extensions": ["healthcheckv2", "jaeger_storage", "jaeger_query"],
            "telemetry": {"metrics": {"level": "none"}},
            "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}},
        },
    }


def _files(pipeline: TracedPipeline) -> dict[str, str]:
    # JSON is YAML: nothing is built from strings.
    return {FILE: json.dumps(configuration(pipeline), indent=2)}


def _resources(pipeline: TracedPipeline) -> dict[str, Any]:
    return containers.resources(pipeline.spec.jaeger.resources, cpu="50m", memory="128Mi", memory_limit=MEMORY)


def _memory_limit(pipeline: TracedPipeline) -> str:
    return containers.memory_limit(_resources(pipeline), MEMORY)


def config_map(pipeline: TracedPipeline) -> dict[str, Any]:
    """Return the configuration."""
    return objects.config_map(pipeline, COMPONENT, _files(pipeline))


def service(pipeline: TracedPipeline) -> dict[str, Any]:
    """Return where queries are answered and OTLP is taken."""
    ports = {"query": naming.JAEGER_QUERY_PORT, "otlp-grpc": naming.OTLP_GRPC_PORT}
    return objects.service(pipeline, COMPONENT, ports)


def deployment(pipeline: TracedPipeline, settings: Settings) -> dict[str, Any]:
    """Return the pod; one, as its memory is the store."""
    container = containers.container(
        COMPONENT,
        settings.images.jaeger,
        args=[f"--config={CONFIG_DIRECTORY}/{FILE}"],
        ports=[
            containers.port("query", naming.JAEGER_QUERY_PORT),
            containers.port("otlp-grpc", naming.OTLP_GRPC_PORT),
            containers.port("health", HEALTH_PORT),
        ],
        env=[trace_memory.heap_variable(_memory_limit(pipeline))],
        resources=_resources(pipeline),
        volumeMounts=[
            {"name": "config", "mountPath": CONFIG_DIRECTORY, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a volume of the pod's own
        ],
        **containers.probes("health", live="/status", ready="/status"),
    )
    pod = {
        "containers": [container],
        "volumes": [
            {"name": "config", "configMap": {"name": naming.config(pipeline.name, COMPONENT)}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
        ],
    }
    return objects.deployment(pipeline, COMPONENT, replicas=1, pod=pod, config=_files(pipeline), strategy="Recreate")
