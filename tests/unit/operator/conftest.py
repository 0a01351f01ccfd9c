from typing import Any

import pytest
from tracedpipeline.api import TracedPipeline
from tracedpipeline.settings import Images, Settings


def body(name: str = "orders", **spec: Any) -> dict[str, Any]:
    """A resource as the API server returns it."""
    return {
        "apiVersion": "tracedpipeline.dev/v1alpha1",
        "kind": "TracedPipeline",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{name}",
            "generation": 2,
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {"kafka": {"bootstrapServers": "kafka:9092"}, **spec},
    }


@pytest.fixture
def pipeline() -> TracedPipeline:
    return TracedPipeline.parse(body())


SETTINGS = Settings(Images("producer:1", "consumer:1", "flink-consumer:1", "collector:1", "jaeger:1"))


@pytest.fixture
def settings() -> Settings:
    return SETTINGS
