"""The OpenTelemetry Collector: takes OTLP from producer and consumer, gives it to Jaeger."""

import json
from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import trace_memory
from tracedpipeline.kubernetes_api import containers, objects
from tracedpipeline.settings import Settings

COMPONENT = naming.COLLECTOR
HEALTH_PORT = 13133
CONFIG_DIRECTORY = "/etc/otelcol"
FILE = "config.yaml"
MEMORY = "256Mi"


def configuration(pipeline: TracedPipeline) -> dict[str, Any]:
    """Return the Collector's configuration.

    Batches are short (200 ms), so that a trace is in Jaeger when somebody looks; a Jaeger that is away is waited for.
    """
    return {
        "extensions": {"health_check": {"endpoint": f"0.0.0.0:{HEALTH_PORT}"}},
        "receivers": {
            "otlp": {
                "protocols": {
                    "grpc": {"endpoint": f"0.0.0.0:{naming.OTLP_GRPC_PORT}"},
                    "http": {"endpoint": f"0.0.0.0:{naming.OTLP_HTTP_PORT}"},
                }
            }
        },
        "processors": {
            "memory_limiter": {"check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 20},
            "batch": {"timeout": "200ms", "send_batch_size": 1024},
        },
        "exporters": {"otlp": _exporter(pipeline)},
        "service": {
            "extensions": ["health_check"],
            "telemetry": {"metrics": {"level": "none"}},
            "pipelines": {"traces": _pipe("otlp")},
        },
    }


def _exporter(pipeline: TracedPipeline) -> dict[str, Any]:
    return {
        "endpoint": f"{naming.component(pipeline.name, naming.JAEGER)}:{naming.OTLP_GRPC_PORT}",
        "tls": {"insecure": True},
        # A Jaeger whose node vanished sends no farewell.
        "keepalive": {"time": "10s", "timeout": "5s"},
        "sending_queue": {"queue_size": 5000},
        "retry_on_failure": {
            "initial_interval": "500ms",
            "max_interval": "5s",
            "max_elapsed_time": "10m",
        },
    }


def _pipe(exporter: str) -> dict[str, list[str]]:
    return {"receivers": ["otlp"], "processors": ["memory_limiter", "batch"], "exporters": [exporter]}


def _with_metrics(found: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration with a way for Flink's metrics, so that its reporter is not refused.

    There is no store for them yet: they are taken and let go, without a word (no line in the first of a second, nor in
    any after it).
    """
    silent = {"debug": {"sampling_initial": 0, "sampling_thereafter": 0}}
    service = found["service"]
    pipelines = service["pipelines"] | {"metrics": _pipe("debug")}
    return found | {"exporters": found["exporters"] | silent, "service": service | {"pipelines": pipelines}}


def _files(pipeline: TracedPipeline) -> dict[str, str]:
    # JSON is YAML: nothing is built from strings.
    found = configuration(pipeline)
    return {FILE: json.dumps(_with_metrics(found) if pipeline.spec.consumer.by_flink else found, indent=2)}


def config_map(pipeline: TracedPipeline) -> dict[str, Any]:
    """Return the configuration."""
    return objects.config_map(pipeline, COMPONENT, _files(pipeline))


def service(pipeline: TracedPipeline) -> dict[str, Any]:
    """Return where OTLP is taken."""
    ports = {"otlp-grpc": naming.OTLP_GRPC_PORT, "otlp-http": naming.OTLP_HTTP_PORT}
    return objects.service(pipeline, COMPONENT, ports)


def deployment(pipeline: TracedPipeline, settings: Settings) -> dict[str, Any]:
    """Return the pods."""
    resources = containers.resources(pipeline.spec.collector.resources, cpu="50m", memory="64Mi", memory_limit=MEMORY)
    container = containers.container(
        COMPONENT,
        settings.images.collector,
        args=[f"--config={CONFIG_DIRECTORY}/{FILE}"],
        ports=[
            containers.port("otlp-grpc", naming.OTLP_GRPC_PORT),
            containers.port("otlp-http", naming.OTLP_HTTP_PORT),
            containers.port("health", HEALTH_PORT),
        ],
        env=[trace_memory.heap_variable(containers.memory_limit(resources, MEMORY))],
        resources=resources,
        volumeMounts=[{"name": "config", "mountPath": CONFIG_DIRECTORY, "readOnly": True}],
        **containers.probes("health", live="/", ready="/"),
    )
    pod = {
        "containers": [container],
        "volumes": [{"name": "config", "configMap": {"name": naming.config(pipeline.name, COMPONENT)}}],
    }
    replicas = pipeline.spec.collector.replicas
    return objects.deployment(
        pipeline, COMPONENT, replicas=replicas, pod=pod, config=_files(pipeline), strategy="RollingUpdate"
    )
