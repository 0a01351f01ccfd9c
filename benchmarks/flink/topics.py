"""Topics, orders in them, and what came of these."""

import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any, Final

import confluent_kafka
from confluent_kafka import Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined] # as documented
from traced_common.order import Order

PARTITIONS: Final = 2
_BYTES: Final = 256
_CUSTOMERS: Final = 1000
_IDLE_SECONDS: Final = 120.0
_run: Final = f"{int(time.time())}"
_numbers = count(1)


def make(servers: str) -> str:
    """Make a topic with its results and dead letters; all of them have the broker's timestamps."""
    name = f"bench-{_run}-{next(_numbers)}"
    admin = AdminClient({"bootstrap.servers": servers})
    stamped = {"message.timestamp.type": "LogAppendTime"}
    topics = [NewTopic(name + ending, PARTITIONS, 1, config=stamped) for ending in ("", ".results", ".dlq")]
    for made in admin.create_topics(topics).values():
        made.result()
    return name


class Sender:
    """Sends orders; one in `every` belongs to a sampled trace, the others to unsampled ones."""

    def __init__(self, servers: str, topic: str, every: int = 1) -> None:
        conf = {"bootstrap.servers": servers, "linger.ms": 2, "queue.buffering.max.messages": 1_000_000}
        self._producer = confluent_kafka.Producer(conf)
        self._topic = topic
        self._every = every

    def send(self, number: int) -> None:
        """Send one."""
        flags = "01" if number % self._every == 0 else "00"
        traceparent = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-{flags}".encode()
        customer = f"customer-{number % _CUSTOMERS}"
        order = Order(str(number), customer, Decimal("1.50"), number + 1, datetime.now(UTC))
        headers: Any = [("traceparent", traceparent)]
        self._producer.produce(self._topic, order.to_json(_BYTES), str(number), headers=headers)
        self._producer.poll(0)

    def close(self) -> None:
        """Wait until all are delivered."""
        if left := self._producer.flush(60):
            raise TimeoutError(f"{left} orders were not delivered in 60 s")


def fill(servers: str, topic: str, orders: int) -> None:
    """Write orders."""
    sender = Sender(servers, topic)
    for number in range(orders):
        sender.send(number)
    sender.close()


def results(servers: str, topic: str) -> Iterator[Message]:
    """Read the results of orders, as they come; TimeoutError when none does for two minutes."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": servers, "group.id": "bench"})
    consumer.assign([TopicPartition(f"{topic}.results", partition, 0) for partition in range(PARTITIONS)])
    try:
        while message := consumer.poll(_IDLE_SECONDS):
            if message.error() is None and (message.value() or b"").startswith(b'{"order"'):
                yield message
        raise TimeoutError(f"no result for {_IDLE_SECONDS:.0f} s")
    finally:
        consumer.close()
