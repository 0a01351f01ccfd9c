"""The main loop: poll, process, commit; whatever fails comes again, nothing is skipped."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import confluent_kafka
from confluent_kafka import KafkaError, Message, TopicPartition
from kafkatrace import Consumer
from traced_common.logs import sparingly
from traced_common.order import PoisonError
from traced_common.stale_leaders import StaleLeadersError

from traced_consumer.commits import Commits
from traced_consumer.dead_letters import UndeliveredError
from traced_consumer.membership import Membership
from traced_consumer.offsets import Offsets, offset_of, place_of
from traced_consumer.processing import Processing
from traced_consumer.retries import Retries

_logger = logging.getLogger(__name__)
_POLL_SECONDS: Final = 0.5


class Receiving:
    """At least once: an offset is committed after its record was processed or delivered as a dead letter."""

    def __init__(self, membership: Membership) -> None:
        self._membership = membership
        self._offsets = Offsets()
        self._retries = Retries()
        self._commits = Commits(self._offsets)
        self.processed = self.dead_lettered = self.failed = 0

    @contextmanager
    def subscribed(self, consumer: Consumer, topic: str) -> Iterator[None]:
        """Be a member of the group; commit and leave it at the end, which a consumer comes to that can't go on, too."""
        self.subscribe(consumer, topic)
        try:
            yield
        except StaleLeadersError as error:
            _logger.warning("a new consumer, as the old one can't go on: %s", error)
        finally:
            _logger.info("leaving the group")
            self.close(consumer)

    def subscribe(self, consumer: Consumer, topic: str) -> None:
        """Join the group for a topic, with nothing left of the consumer before."""
        self._offsets, self._retries = Offsets(), Retries()
        self._commits = Commits(self._offsets)
        self._membership.lost()
        consumer.subscribe([topic], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)

    def run_once(self, consumer: Consumer, processing: Processing) -> None:
        """Take the next record if there is one, and commit what is due."""
        message = consumer.poll(_POLL_SECONDS)
        error = message.error() if message is not None else None
        if error is not None:
            self._membership.failed(error)
        elif message is not None:
            self._membership.received()
            self._take(consumer, processing, message)
        if due := self._retries.take_due(time.monotonic()):
            consumer.resume(due)
        self._commits.when_due(consumer)

    def committed(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        """Take the outcome of a commit: this is the consumer's on_commit."""
        self._commits.reported(error, partitions)

    def __str__(self) -> str:
        return f"processed {self.processed}, dead letters {self.dead_lettered}, failed attempts {self.failed}"

    def problem(self) -> str | None:
        """Return what keeps the consumer from its work, or None."""
        return self._membership.problem() or self._retries.problem() or self._commits.problem()

    def close(self, consumer: Consumer) -> None:
        """Commit and leave the group."""
        if self._commits.at_the_end(consumer):
            consumer.close()
        else:  # closing would pull the consumer away from beneath the commit
            _logger.warning("Kafka does not answer the last commit, so the last records may come again")

    def _take(self, consumer: Consumer, processing: Processing, message: Message) -> None:
        try:
            processing.process(message)
            self.processed += 1
        except PoisonError as poison:
            self.dead_lettered += 1
            _logger.warning("%s went to the dead-letter topic: %s", _where(message), poison)
        except Exception as error:  # the handler is the user's: anything can come
            self._postpone(consumer, message, error)
            return
        self._offsets.processed(message)
        self._retries.succeeded(message)

    def _postpone(self, consumer: Consumer, message: Message, error: Exception) -> None:
        """Go back to the record, and let its partition rest; the others go on."""
        self.failed += 1
        reason = f"{type(error).__name__}: {error}"
        delay = self._retries.failed(message, reason, time.monotonic())
        _logger.error(
            "%s failed, again in %.0f s: %s",
            _where(message),
            delay,
            reason,
            exc_info=None if isinstance(error, UndeliveredError) else error,
            extra=sparingly(f"failed {_where(message)}"),
        )
        back = TopicPartition(*place_of(message), offset_of(message))
        consumer.pause([back])
        consumer.seek(back)

    def _assigned(self, consumer: confluent_kafka.Consumer, partitions: list[TopicPartition]) -> None:
        self._membership.assigned(partitions)
        _logger.info("assigned: %s", _names(partitions))

    def _revoked(self, consumer: confluent_kafka.Consumer, partitions: list[TopicPartition]) -> None:
        """Commit what was processed while the partitions are still ours."""
        self._commits.at_once(consumer)
        self._let_go(partitions)
        _logger.info("revoked: %s", _names(partitions))

    def _lost(self, consumer: confluent_kafka.Consumer, partitions: list[TopicPartition]) -> None:
        """Commit nothing: the partitions may be another's by now."""
        self._let_go(partitions)
        self._membership.lost()
        _logger.warning("lost, what was not committed comes again: %s", _names(partitions))

    def _let_go(self, partitions: Sequence[TopicPartition]) -> None:
        self._offsets.forget(partitions)
        self._retries.forget(partitions)


def _where(message: Message) -> str:
    topic, partition = place_of(message)
    return f"{topic}[{partition}]@{offset_of(message)}"


def _names(partitions: Sequence[TopicPartition]) -> str:
    return ", ".join(f"{each.topic}[{each.partition}]" for each in partitions) or "no partitions"
