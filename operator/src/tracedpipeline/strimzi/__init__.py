"""What Strimzi's resources say about a pipeline's Kafka. Pure."""

from tracedpipeline.strimzi.access import Access, access
from tracedpipeline.strimzi.shown import Shown

__all__ = ["Access", "Shown", "access"]
