"""Why a resource is not acted upon. Pure."""

from collections.abc import Hashable, Iterable
from typing import Any

from tracedpipeline import reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.verdict import Verdict


def refusal(pipeline: TracedPipeline, other_pipelines: Iterable[TracedPipeline]) -> Verdict | None:
    """Return why nothing is to be done for the pipeline, or None where it is to be acted upon."""
    if pipeline.spec.paused:
        return Verdict(False, reasons.PAUSED, "spec.paused is true: nothing is changed until it is false")
    if other := conflicting_pipeline(pipeline, other_pipelines):
        topic, group = pipeline.spec.kafka.topic.name, pipeline.spec.consumer.group_id
        message = (
            f"pipeline {other.namespace}/{other.name} reads topic {topic} in group {group} already: "
            "choose another kafka.topic.name or consumer.groupId"
        )
        return Verdict(False, reasons.TOPIC_AND_GROUP_IN_USE, message)
    return None


def conflicting_pipeline(pipeline: TracedPipeline, other_pipelines: Iterable[TracedPipeline]) -> TracedPipeline | None:
    """Return the older pipeline with which this one would share the messages of a topic."""
    for other in other_pipelines:
        same = messages(other) == messages(pipeline)
        if same and (other.created, other.uid) < (pipeline.created, pipeline.uid):
            return other
    return None


def messages_of(body: dict[str, Any]) -> Hashable:
    """Return which messages a resource's pipeline reads; None where that cannot be understood."""
    try:
        return messages(TracedPipeline.parse(body))
    except Exception:  # whatever somebody else's spec is, it keeps no other pipeline from being reconciled
        return None


def messages(pipeline: TracedPipeline) -> tuple[Hashable, str, str]:
    """Return which messages a pipeline reads: Kafka cluster, topic and group."""
    kafka = pipeline.spec.kafka
    where: Hashable = kafka.bootstrap_servers
    if kafka.cluster:
        where = kafka.cluster.namespace or pipeline.namespace, kafka.cluster.name
    return where, kafka.topic.name, pipeline.spec.consumer.group_id
