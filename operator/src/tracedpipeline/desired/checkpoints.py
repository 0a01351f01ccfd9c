"""The volume that keeps Flink's checkpoints and savepoints."""

from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.api.quantities import canonical
from tracedpipeline.desired import flink
from tracedpipeline.kubernetes_api import objects
from tracedpipeline.kubernetes_api.kinds import type_meta


def claim(pipeline: TracedPipeline) -> dict[str, Any] | None:
    """Return the claim; None where the spec names one that is there already.

    It goes with the pipeline, as everything does. Its pods share it, so that one node is enough for ReadWriteOnce.
    """
    storage = flink.of(pipeline).checkpoint_storage
    if storage.existing_claim:
        return None
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": canonical(storage.size)}},
    }
    if storage.storage_class_name:
        spec["storageClassName"] = storage.storage_class_name
    return {
        **type_meta("PersistentVolumeClaim"),
        "metadata": objects.metadata(pipeline, naming.CONSUMER, naming.checkpoints(pipeline.name)),
        "spec": spec,
    }
