"""What is said of a topic's partitions, whoever looks at them. Pure."""

from tracedpipeline import reasons
from tracedpipeline.verdict import Verdict


def too_few_partitions(topic: str, there: int, wanted: int) -> Verdict:
    """Return the verdict on a topic that has fewer partitions than `kafka.topic.partitions` wants."""
    message = f"{topic} has {there} partitions, kafka.topic.partitions wants {wanted}"
    advice = "add partitions to the topic, or lower the field"
    return Verdict(False, reasons.TOPIC_HAS_FEWER_PARTITIONS, f"{message}: {advice}")
