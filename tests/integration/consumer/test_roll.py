"""A rolling update as the Deployment does it: one pod more, and an old one ends once the new one is ready.

librdkafka's mock broker ends a rebalance only when a session would have expired.
KAFKA_BOOTSTRAP_SERVERS names Kafka itself.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

import confluent_kafka
import pytest
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined] # as documented
from traced_common import health
from traced_common.health import Health
from traced_common.order import Order
from traced_common.stop import Stop
from traced_consumer import app

from tests.unit.consumer.conftest import order

SERVERS: Final = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
_WAIT_SECONDS = 120  # for what comes in seconds where nothing is broken
_PARTITIONS = 4
_PAUSE_SECONDS = 0.005


def until(there: Callable[[], bool]) -> None:
    end = time.monotonic() + _WAIT_SECONDS
    while not there():
        assert time.monotonic() < end
        time.sleep(0.01)


class Orders:
    """Produces orders until the test has seen enough, and counts how often each is handled."""

    def __init__(self, broker: str, topic: str) -> None:
        self.handled: Counter[int] = Counter()
        self.produced = 0
        self._producer = confluent_kafka.Producer({"bootstrap.servers": broker, "linger.ms": 0, "log_level": 0})
        self._topic = topic
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._produce, daemon=True)
        self._thread.start()

    def _produce(self) -> None:
        while not self._enough.wait(_PAUSE_SECONDS):
            self.produced += 1
            self._producer.produce(self._topic, order(self.produced), partition=self.produced % _PARTITIONS)
            self._producer.poll(0)

    def handle(self, order: Order) -> None:
        self.handled[order.sequence] += 1

    def end(self) -> None:
        self._enough.set()
        self._thread.join()
        assert self._producer.flush(10) == 0


@pytest.fixture
def variables() -> dict[str, str]:
    """What the operator sets."""
    topic = f"roll-{time.time_ns()}"
    admin = AdminClient({"bootstrap.servers": SERVERS})
    for future in admin.create_topics([NewTopic(topic, _PARTITIONS, 1)]).values():
        future.result()
    return {
        "KAFKA_BOOTSTRAP_SERVERS": SERVERS,
        "KAFKA_TOPIC": topic,
        "KAFKA_GROUP_ID": f"group-of-{topic}",
        "KAFKA_DEAD_LETTER_TOPIC": f"{topic}.dlq",
        "CONSUMER_PROCESSING_TIME_MS": "0",
        "POD_NAME": "orders-consumer-0",
    }


@pytest.fixture
def orders(variables: dict[str, str]) -> Iterator[Orders]:
    found = Orders(SERVERS, variables["KAFKA_TOPIC"])
    yield found
    found.end()


class Pod:
    """A consumer in a thread of its own."""

    def __init__(self, variables: dict[str, str], orders: Orders, states: list[Health]) -> None:
        self.stop = Stop()
        before = len(states)
        self._thread = threading.Thread(target=app.start, args=(variables, self.stop, orders.handle), daemon=True)
        self._thread.start()
        until(lambda: len(states) > before)
        self.state = states[before]

    def ready(self) -> "Pod":
        until(lambda: self.state.not_ready() is None)
        return self

    def end(self) -> None:
        self.stop.request()
        self._thread.join(_WAIT_SECONDS)
        assert not self._thread.is_alive()


def test_a_quiet_rolling_update_repeats_no_order(
    variables: dict[str, str], orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    states: list[Health] = []
    monkeypatch.setattr(health, "serve", lambda state, *_: states.append(state))
    old = [Pod(variables, orders, states).ready() for _ in range(2)]
    new = []
    for pod in old:
        new.append(Pod(variables, orders, states).ready())
        pod.end()
    orders.end()
    until(lambda: len(orders.handled) == orders.produced)
    for pod in new:
        pod.end()
    repeated = {sequence: times for sequence, times in orders.handled.items() if times > 1}
    print(f"{orders.produced} orders produced, {len(repeated)} repeated")
    assert repeated == {}
