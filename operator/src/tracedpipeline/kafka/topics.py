"""What a topic should be, whoever creates it or looks at it. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from tracedpipeline import reasons
from tracedpipeline.api import Spec, TopicSpec
from tracedpipeline.api.quantities import milliseconds
from tracedpipeline.verdict import Verdict


class Wanted(NamedTuple):
    """Whose topics there should be, and which of them were there at the last look."""

    spec: Spec
    seen: tuple[str, ...] = ()


def configuration(topic: TopicSpec) -> dict[str, int | str]:
    """Return Kafka's configuration of the topic.

    The broker's own time of append makes the time in the queue independent of the producer's clock.
    """
    return {"retention.ms": milliseconds(topic.retention), "message.timestamp.type": "LogAppendTime"}


def too_few_partitions(topic: str, there: int, wanted: int) -> Verdict:
    """Return the verdict on a topic that has fewer partitions than `kafka.topic.partitions` wants."""
    message = f"{topic} has {there} partitions, kafka.topic.partitions wants {wanted}"
    advice = "add partitions to the topic, or lower the field"
    return Verdict(False, reasons.TOPIC_HAS_FEWER_PARTITIONS, f"{message}: {advice}")


def disappeared(what: str, names: Sequence[str], spec: Spec) -> Verdict:
    """Return the verdict on topics that were there; the next look creates them, when this has been told."""
    offsets = f" and the offsets of group {spec.consumer.group_id}" if spec.kafka.topic.name in names else ""
    lost = f"{what} {', '.join(names)} was there and is gone, with all messages in it{offsets}"
    cause = "it was deleted, or the brokers lost their data"
    message = f"{lost}: {cause}; it is created again, empty, with {spec.kafka.topic.partitions} partitions"
    return Verdict(False, reasons.TOPIC_DISAPPEARED, message)
