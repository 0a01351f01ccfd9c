"""What the objects that are written for Strimzi have in common."""

import re
from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kubernetes_api import objects, ownership

CLUSTER_LABEL = "strimzi.io/cluster"

# Of Kubernetes; Kafka's topics may also have capitals and underscores.
_OBJECT_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def of_cluster(name: str) -> dict[str, str]:
    """Return the label by which Strimzi finds what belongs to a cluster."""
    return {CLUSTER_LABEL: name}


def owned(pipeline: TracedPipeline, name: str, labels: dict[str, str]) -> dict[str, Any]:
    """Return the metadata of what goes with the pipeline."""
    metadata = objects.metadata(pipeline, naming.KAFKA, name)
    return metadata | {"labels": metadata["labels"] | labels}


def kept(pipeline: TracedPipeline, name: str, labels: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the metadata of what outlives the pipeline, unless `topic.deletionPolicy` is Delete.

    The labels tell whose it is. A pipeline that is made again under the same name has it back.
    """
    metadata = owned(pipeline, name, labels or {})
    return metadata if goes_with(pipeline) else ownership.without_owners(metadata)


def goes_with(pipeline: TracedPipeline) -> bool:
    """Return whether topics, and a cluster that was made for them, are deleted with the pipeline."""
    return pipeline.spec.kafka.topic.deletion_policy == "Delete"


def topic_object_name(topic: str) -> str:
    """Return the name of a topic's resource: the topic's own where Kubernetes allows it."""
    if _OBJECT_NAME.fullmatch(topic):
        return topic
    plain = re.sub(r"[^a-z0-9]+", "-", topic.lower()).strip("-")[:200]
    return f"{plain}-{objects.digest(topic)[:8]}".lstrip("-")
