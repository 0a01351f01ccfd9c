"""What a topic should be, whoever creates it or looks at it. Pure."""

from tracedpipeline import reasons
from tracedpipeline.api import TopicSpec
from tracedpipeline.api.quantities import milliseconds
from tracedpipeline.verdict import Verdict


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
