"""How far back spans are looked for. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from tracedpipeline.api import TracedPipeline
from tracedpipeline.api.quantities import milliseconds

# No shorter than a restart takes, and long enough for ten traces at the rate that the spec asks for.
SHORTEST_WINDOW_SECONDS = 60.0
LONGEST_WINDOW_SECONDS = 7 * 86400.0
TRACES_IN_WINDOW = 10
# Spans are dated by their own node's clock.
CLOCKS_AHEAD = timedelta(minutes=10)


@dataclass(frozen=True)
class Window:
    """When spans that are looked for began."""

    since: datetime
    until: datetime

    @classmethod
    def newest(cls, length: timedelta, now: datetime) -> Self:
        """Return the one that ends now, by whichever clock."""
        return cls(now - length, now + CLOCKS_AHEAD)

    def earlier(self, by: timedelta, now: datetime) -> "Window":
        """Return the one that ended a while ago."""
        return Window(self.since - by, now - by)


def window_of(pipeline: TracedPipeline) -> timedelta:
    """Return how far back a trace counts as recent."""
    expected = _messages_a_second(pipeline) * pipeline.spec.tracing.sampling_ratio
    seconds = TRACES_IN_WINDOW / expected if expected else LONGEST_WINDOW_SECONDS
    return timedelta(seconds=min(max(SHORTEST_WINDOW_SECONDS, seconds), LONGEST_WINDOW_SECONDS))


def _messages_a_second(pipeline: TracedPipeline) -> float:
    """Return what the slower end does at best."""
    producer, consumer = pipeline.spec.producer, pipeline.spec.consumer
    produced = producer.rate_per_second * producer.replicas
    each = milliseconds(consumer.processing_time) / 1000
    return min(produced, consumer.replicas / each) if each else produced
