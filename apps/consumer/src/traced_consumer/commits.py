"""Commits: without waiting while all goes on, waiting before partitions go, bounded at the end."""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from traced_common.kafka import error_text
from traced_common.logs import sparingly

from traced_consumer.offsets import Offsets

_logger = logging.getLogger(__name__)
_SECONDS_BETWEEN: Final = 1.0
_SECONDS_AT_THE_END: Final = 8.0
_SECONDS_BETWEEN_LAST: Final = 0.2
_OF_REBALANCES: Final = (KafkaError.ILLEGAL_GENERATION, KafkaError.REBALANCE_IN_PROGRESS)
_MOST_FAILURES: Final = 5  # in a row; fewer are a rebalance, or a coordinator that moves


class Commits:
    """Commits what `offsets` says is processed."""

    def __init__(self, offsets: Offsets) -> None:
        self._offsets = offsets
        self._due = 0.0
        self._under_way = False
        self._failures = 0
        self._last_failure = ""

    def when_due(self, consumer: Consumer) -> None:
        """Commit without waiting, once a second, if there is anything."""
        now = time.monotonic()
        if self._under_way or now < self._due or not (offsets := self._offsets.outstanding()):
            return
        self._due = now + _SECONDS_BETWEEN
        self._under_way = True
        consumer.commit(offsets=offsets, asynchronous=True)

    def reported(self, error: KafkaError | None, partitions: Sequence[TopicPartition]) -> None:
        """Take the outcome of such a commit: this is the consumer's on_commit."""
        self._under_way = False
        if error is None:
            self._offsets.committed(partitions)
            error = next((each.error for each in partitions if each.error is not None), None)
        if error is None:
            self._failures = 0
            return
        self._failures += 1
        self._last_failure = error_text(error)
        _logger.warning("commit failed, records may come again: %s", self._last_failure, extra=sparingly("commit"))

    def problem(self) -> str | None:
        """Return why commits keep failing, or None."""
        if self._failures < _MOST_FAILURES:
            return None
        return f"the last {self._failures} commits failed, records may come again: {self._last_failure}"

    def at_once(self, consumer: Consumer) -> KafkaError | None:
        """Commit and wait for the answer; a failure is logged, and the result."""
        if not (offsets := self._offsets.outstanding()):
            return None
        try:
            self._offsets.committed(consumer.commit(offsets=offsets, asynchronous=False))
        except KafkaException as error:
            refusal: KafkaError = error.args[0]
            where = ", ".join(f"{each.topic}[{each.partition}]@{each.offset}" for each in offsets)
            _logger.warning("commit of %s failed, records before these may come again: %s", where, error_text(refusal))
            return refusal
        return None

    def at_the_end(self, consumer: Consumer) -> bool:
        """Commit and wait, 8 s at most; the result is whether there was an answer.

        In the middle of a rebalance Kafka refuses commits: this consumer then takes part in the rebalance, and commits
        again what is still its own.
        """
        end = time.monotonic() + _SECONDS_AT_THE_END
        while outcomes := self._at_once_within(consumer, end - time.monotonic()):
            refusal = outcomes[0]
            if refusal is None or refusal.code() not in _OF_REBALANCES or time.monotonic() >= end:
                return True
            consumer.pause(consumer.assignment())  # records that come now are for others to process
            consumer.poll(_SECONDS_BETWEEN_LAST)
        return False

    def _at_once_within(self, consumer: Consumer, seconds: float) -> list[KafkaError | None]:
        """Commit and wait for so long: the result is what at_once() gave, if there was an answer.

        In a thread, because librdkafka waits without end for a broker that is reachable but frozen. In a
        rebalance callback a thread's commit would wait for the callback, and a broker that rebalances is awake.
        """
        outcomes: list[KafkaError | None] = []
        last = threading.Thread(target=lambda: outcomes.append(self.at_once(consumer)), name="commit", daemon=True)
        last.start()
        last.join(max(seconds, 0))
        return outcomes
