"""Why a resource is not acted upon. Pure."""

from collections.abc import Hashable, Iterable
from typing import Any

from tracedpipeline import reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka import spelling
from tracedpipeline.verdict import Verdict


def refusal(pipeline: TracedPipeline, other_pipelines: Iterable[TracedPipeline]) -> Verdict | None:
    """Return why nothing is to be done for the pipeline, or None where it is to be acted upon."""
    if pipeline.spec.paused:
        return Verdict(False, reasons.PAUSED, "spec.paused is true: nothing is changed until it is false")
    if other := conflicting_pipeline(pipeline, other_pipelines):
        topic, group = pipeline.spec.kafka.topic.name, pipeline.spec.consumer.group_id
        message = (
            f"{_named(other, pipeline)} reads topic {topic} in group {group} already: "
            "choose another kafka.topic.name or consumer.groupId"
        )
        return Verdict(False, reasons.TOPIC_AND_GROUP_IN_USE, message)
    return None


def _named(other: TracedPipeline, pipeline: TracedPipeline) -> str:
    """Return the other's name where whoever reads it may know it."""
    return f"pipeline {other.name}" if other.namespace == pipeline.namespace else "a pipeline of another namespace"


def conflicting_pipeline(pipeline: TracedPipeline, other_pipelines: Iterable[TracedPipeline]) -> TracedPipeline | None:
    """Return the pipeline before this one with which it would share the messages of a topic."""
    rivals = (other for other in other_pipelines if _may_precede(other, pipeline))
    return next((other for other in rivals if _same_cluster(other, pipeline)), None)


def turns_on_cluster_id(pipeline: TracedPipeline, other_pipelines: Iterable[TracedPipeline]) -> bool:
    """Return whether only the id of the Kafka cluster can tell if somebody before this one reads the same messages."""
    unknown = pipeline.kafka_record.cluster_id is None and not pipeline.spec.paused
    return unknown and any(_may_precede(other, pipeline) for other in other_pipelines)


def _may_precede(other: TracedPipeline, pipeline: TracedPipeline) -> bool:
    """Return whether the other reads this topic in this group of some cluster, and has the older right to it.

    Whoever was looked at and held back comes last. One that was paused from the start holds nothing.
    """
    if messages(other) != messages(pipeline) or (other.spec.paused and not other.acted_upon):
        return False
    return _age(other) < _age(pipeline)


def _age(pipeline: TracedPipeline) -> tuple[bool, str, str]:
    return pipeline.acted_upon is False, pipeline.created, pipeline.uid


def _same_cluster(one: TracedPipeline, other: TracedPipeline) -> bool:
    known = one.kafka_record.cluster_id
    return bool(known and known == other.kafka_record.cluster_id) or spelling.alike(one, other)


def messages_of(body: dict[str, Any]) -> Hashable:
    """Return which messages a resource's pipeline reads; None where that cannot be understood."""
    try:
        return messages(TracedPipeline.parse(body))
    except Exception:  # whatever somebody else's spec is, it keeps no other pipeline from being reconciled
        return None


def messages(pipeline: TracedPipeline) -> tuple[str, str]:
    """Return which messages a pipeline reads, of whatever Kafka cluster: topic and group."""
    return pipeline.spec.kafka.topic.name, pipeline.spec.consumer.group_id
