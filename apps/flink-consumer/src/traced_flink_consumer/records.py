"""A row of the source as a message, and a message as a row of a sink."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import kafkatrace
from confluent_kafka import Message
from traced_common import letters
from traced_common.letters import Letter

_TYPES: Final = {"CreateTime": 1, "LogAppendTime": 2}  # as Message.timestamp() numbers them
_NS_PER_MS: Final = 1_000_000
LETTER_BYTES: Final = 1_000_000  # a topic takes 1,048,588 unless told otherwise
SinkRow: TypeAlias = tuple[bytes | None, bytes | None, dict[str, bytes]]


@dataclass(frozen=True, slots=True)
class Client:
    """Who reads, for the spans: the topic, the group, and what else a Kafka client is known by; the largest letter."""

    topic: str
    group: str
    client_id: str
    bootstrap_servers: str
    cluster_id: str | None
    letter_bytes: int = LETTER_BYTES

    def receiver(self) -> kafkatrace.RecordReceiver:
        """Make what draws the spans, in the process that works."""
        conf = {"group.id": self.group, "client.id": self.client_id, "bootstrap.servers": self.bootstrap_servers}
        return kafkatrace.RecordReceiver(conf, cluster_id=self.cluster_id)


def message_of(topic: str, row: Sequence[Any]) -> tuple[Message, int]:
    """Make a message of a row (see tables.READ), and tell when it left the connector, nanoseconds since the epoch."""
    key, value, headers, partition, offset, timestamp, kind, left = row
    message = Message(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=(_TYPES.get(kind, 0), timestamp),
        key=key,
        value=value,
        headers=list(headers.items()) if headers else None,
    )
    return message, left * _NS_PER_MS


def dead_letter(row: Sequence[Any], headers: Mapping[str, Any] | None, reason: str, client: Client) -> SinkRow:
    """Make the row of a dead letter: a copy with these headers and the reason, in what its topic takes.

    The additional headers are those of the Python consumer.
    """
    about = {"reason": reason, "topic": client.topic, "partition": row[3], "offset": row[4], "group": client.group}
    return sink_row(letters.write(row[0], row[1], (headers or {}).items(), about.items()), client.letter_bytes)


def sink_row(letter: Letter, most_bytes: int) -> SinkRow:
    """Make the row of a letter, cut where it would be larger than the topic takes: the sink would fail for ever."""
    fitted = letters.fit(letter, most_bytes)
    headers = {name: value or b"" for name, value in fitted.headers + fitted.about}  # the sink leaves out what is null
    return fitted.key, fitted.value, headers
