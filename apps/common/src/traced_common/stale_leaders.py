"""Notices that librdkafka sticks to leaders that a topic no longer has.

A topic that was deleted and made again starts with leader epoch 0; librdkafka takes what Kafka says of it for
outdated, and neither sends nor fetches any more (https://github.com/confluentinc/librdkafka/issues/4898).
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from confluent_kafka import KafkaException

_SECONDS_BETWEEN: Final = 15.0
_SECONDS_TO_ANSWER: Final = 1.0
_MOST_DIFFERENCES: Final = 2  # an election settles within seconds, so twice in a row is no election


class StaleLeadersError(Exception):
    """The client can't go on, but a new one can."""


class AsksMetadata(Protocol):
    """A producer or consumer, as far as this module uses it."""

    def list_topics(self, topic: str | None = None, timeout: float = -1) -> Any:
        """Ask Kafka for a topic's metadata."""


class Leaders:
    """Compares the leaders that a client believes in with those that Kafka names, four times a minute."""

    def __init__(self, topic: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._topic = topic
        self._clock = clock
        self._due = clock() + _SECONDS_BETWEEN
        self._believed: dict[int, int] = {}
        self._differences = 0

    def statistics(self, figures: Mapping[str, Any]) -> None:
        """Take the leaders that the client believes in from its statistics."""
        partitions = figures.get("topics", {}).get(self._topic, {}).get("partitions", {})
        self._believed = {int(number): partition["leader"] for number, partition in partitions.items()}

    def check(self, client: AsksMetadata) -> None:
        """Raise StaleLeadersError when the client holds on to what is no longer true, and expect another client."""
        if self._clock() < self._due:
            return
        named = self._named(client)
        self._due = self._clock() + _SECONDS_BETWEEN
        differs = any(self._believed.get(each, leader) != leader for each, leader in named.items())
        self._differences = self._differences + 1 if differs else 0
        if self._differences >= _MOST_DIFFERENCES:
            believed, self._believed, self._differences = self._believed, {}, 0
            raise StaleLeadersError(
                f"topic {self._topic} was deleted and created again, and librdkafka holds on to the leaders of the old "
                f"one ({believed} instead of {named})"
            )

    def _named(self, client: AsksMetadata) -> dict[int, int]:
        try:
            metadata = client.list_topics(self._topic, timeout=_SECONDS_TO_ANSWER)
        except KafkaException:
            return {}  # Kafka is away: nothing to compare
        partitions = metadata.topics[self._topic].partitions
        return {number: partition.leader for number, partition in partitions.items() if partition.leader >= 0}
