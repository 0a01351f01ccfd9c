"""Dead letters back to their topic, each exactly once: record and progress are one transaction."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import kafkatrace
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from traced_common.redriving import restored

Told = dict[str, Any]
_BATCH: Final = 100
_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.5
_MOST_TOLD: Final = 20


@dataclass
class Outcome:
    """What came of a run: letters sent back, and those that stay, by the reason; places of the first few."""

    redriven: int = 0
    left: dict[str, int] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)

    def leave(self, message: Message, reason: str) -> None:
        """Count a letter that stays."""
        self.left[reason] = self.left.get(reason, 0) + 1
        if len(self.places) < _MOST_TOLD:
            self.places.append(f"{message.topic()}[{message.partition()}]@{message.offset()}")


class Redrive:
    """Reads dead letters from where the last run ended, and sends them to the topic.

    The transactional id is the group's name: of two runs at a time Kafka fences the first, so that none sends what the
    other has sent. A run that is killed loses what its last batch had sent, and the next one sends it again.
    """

    def __init__(self, consumer: Consumer, producer: kafkatrace.Producer, stage: kafkatrace.Stage, topic: str) -> None:
        self._consumer, self._producer, self._stage, self._topic = consumer, producer, stage, topic
        self.outcome = Outcome()

    def run(self, ranges: Mapping[TopicPartition, int], limit: int, tell: Callable[[Told], object]) -> Outcome:
        """Send back what is in the ranges, each from a place to an offset, `limit` letters at most."""
        self._consumer.assign(list(ranges))
        ends = {each.partition: end for each, end in ranges.items()}
        for batch in self._batches(ends, limit):
            self._send(batch)
            tell({"redriven": self.outcome.redriven})
        return self.outcome

    def _batches(self, ends: dict[int, int], limit: int) -> Iterator[list[Message]]:
        """Yield letters until the partitions' ends, or the limit."""
        unfinished, left = {partition for partition in ends}, limit
        while unfinished and left > 0:
            batch: list[Message] = []
            for message in self._consumer.consume(min(_BATCH, left), _POLL_SECONDS):
                partition, offset = message.partition() or 0, message.offset() or 0
                error = message.error()
                if error is not None and error.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(error)
                if error is not None or offset >= ends[partition] - 1:
                    unfinished.discard(partition)
                if error is None and offset < ends[partition]:
                    batch.append(message)
            left -= len(batch)
            if batch:
                yield batch

    def _send(self, batch: list[Message]) -> None:
        """Send a batch and commit how far the letters are read, both or none."""
        sent, left = 0, list[tuple[Message, str]]()
        self._producer.begin_transaction()
        try:
            for message in batch:
                letter = _headers(message)
                if reason := restored.incomplete(letter):
                    left.append((message, reason))
                else:
                    self._produce(message, letter)
                    sent += 1
            positions = {m.partition() or 0: (m.offset() or 0) + 1 for m in batch}
            self._producer.send_offsets_to_transaction(
                [TopicPartition(batch[0].topic() or "", each, offset) for each, offset in positions.items()],
                self._consumer.consumer_group_metadata(),
                _SECONDS,
            )
            self._producer.commit_transaction(_SECONDS)
        except KafkaException as error:
            if error.args[0].txn_requires_abort():
                self._producer.abort_transaction(_SECONDS)
            raise
        self.outcome.redriven += sent
        for message, reason in left:
            self.outcome.leave(message, reason)

    def _produce(self, message: Message, letter: list[restored.Header]) -> None:
        """Send one letter in a trace of its own, with a link to the one that the record was in."""
        before = restored.context(letter)
        with self._stage.batch_span([before] if before else [], 1, time.time_ns()):
            self._producer.produce(self._topic, message.value(), message.key(), headers=restored.headers(letter))
        self._producer.poll(0)


def _headers(message: Message) -> list[restored.Header]:
    try:
        found: Any = message.headers() or []
    except Exception:  # a name that is not UTF-8 makes confluent-kafka raise, SystemError at times
        return [(restored.LOST, None)]
    return list(found.items() if isinstance(found, dict) else found)
