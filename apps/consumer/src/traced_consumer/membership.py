"""Whether this consumer is a working member of its group, as librdkafka tells it."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from confluent_kafka import KafkaError, TopicPartition
from traced_common.kafka import LastError, error_text
from traced_common.logs import sparingly

_logger = logging.getLogger(__name__)
# A new member of a group that rebalances cooperatively gets nothing at first, until others have given something up.
_SETTLED_MS: Final = 5_000


class Membership:
    """Gathers what statistics, rebalances and poll errors say."""

    def __init__(self, group: str, last_error: LastError) -> None:
        self._group = group
        self._trouble = last_error
        self._joined = False
        self._coordinator_up = True
        self._poll_error: str | None = None

    def statistics(self, figures: Mapping[str, Any]) -> None:
        """Take the state of the group from librdkafka's statistics."""
        group = figures.get("cgrp", {})
        self._coordinator_up = group.get("state") == "up"
        settled = group.get("join_state") == "steady" and group.get("rebalance_age", 0) >= _SETTLED_MS
        self._joined = self._joined or settled

    def assigned(self, partitions: Sequence[TopicPartition]) -> None:
        """Note a rebalance; a member without partitions has joined once the group has settled."""
        if partitions:
            self._joined = True
            self._poll_error = None

    def lost(self) -> None:
        """Note that the group went on without us."""
        self._joined = False

    def failed(self, error: KafkaError) -> None:
        """Note an error that poll() gave instead of a record."""
        self._poll_error = error_text(error)
        _logger.error("Kafka: %s", self._poll_error, extra=sparingly(f"poll {error.name()}"))

    def received(self) -> None:
        """Note a record: what Kafka refused before, it gives now."""
        self._poll_error = None

    def problem(self) -> str | None:
        """Return why no messages can come, or None."""
        if self._poll_error:
            return f"Kafka: {self._poll_error}"
        if not self._joined:
            return f"not yet a member of group {self._group}: {self._trouble.last or 'connecting to Kafka'}"
        if not self._coordinator_up:
            return f"the coordinator of group {self._group} is away: {self._trouble.last or 'no answer'}"
        return None
