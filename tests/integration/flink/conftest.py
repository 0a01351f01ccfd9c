"""A topic with its results and dead letters, and the job that reads it, in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, Final

import confluent_kafka
import kafkatrace
import pytest
from confluent_kafka import Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined] # as documented

from . import collector
from .collector import Collector

SERVERS: Final = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
JAR: Final = os.environ["FLINK_CONNECTOR_JAR"]
PARTITIONS: Final = 2
_numbers = count(1)
_run: Final = f"{int(time.time())}"


class Topics:
    """One test's topics."""

    def __init__(self, name: str) -> None:
        self.name = name
        admin = AdminClient({"bootstrap.servers": SERVERS})
        made = [NewTopic(name + ending, PARTITIONS, 1) for ending in ("", ".results", ".dlq")]
        for future in admin.create_topics(made).values():
            future.result()

    def send(self, value: bytes | None, key: bytes | None = None, headers: Any = None, producer: Any = None) -> None:
        producer = producer or confluent_kafka.Producer({"bootstrap.servers": SERVERS})
        producer.produce(self.name, value, key, headers=headers)
        assert producer.flush(20) == 0

    def read(self, ending: str, enough: Callable[[list[Message]], bool], seconds: float = 240) -> list[Message]:
        """Read from the beginning until the records are enough."""
        conf = {"bootstrap.servers": SERVERS, "group.id": "test", "isolation.level": "read_committed"}
        consumer = confluent_kafka.Consumer(conf)
        consumer.assign([TopicPartition(self.name + ending, each, 0) for each in range(PARTITIONS)])
        found: list[Message] = []
        deadline = time.monotonic() + seconds
        while not enough(found):
            assert time.monotonic() < deadline, f"{self.name}{ending}: only {len(found)} records in {seconds} s"
            message = consumer.poll(1)
            if message is not None and message.error() is None:
                found.append(message)
        consumer.close()
        return found


class Job:
    """The job's process; what it says is in `log`."""

    def __init__(self, topic: str, folder: Path, variables: dict[str, str]) -> None:
        self.state = folder / "state"
        self.log = folder / "job.log"
        self._command = [sys.executable, str(Path(__file__).with_name("run_job.py")), JAR, str(self.state)]
        self._environment = {
            **os.environ,
            "KAFKA_TOPIC": topic,
            "KAFKA_GROUP_ID": f"{topic}-group",
            "CONSUMER_PROCESSING_TIME_MS": "0",
            "FLINK_CHECKPOINT_INTERVAL_MS": "1000",
            "OTEL_SERVICE_NAME": "flink-consumer",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),  # the interpreter inside the JVM knows no venv
            **variables,
        }

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """End it as a machine that loses its power does, with the JVM and the workers."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@pytest.fixture
def topics() -> Topics:
    return Topics(f"orders-{_run}-{next(_numbers)}")


@pytest.fixture
def spans() -> Iterator[Collector]:
    with collector.running() as received:
        yield received


@pytest.fixture
def start(topics: Topics, spans: Collector, tmp_path: Path) -> Iterator[Callable[..., Job]]:
    jobs: list[Job] = []

    def run(**variables: str) -> Job:
        made = Job(topics.name, tmp_path, {"OTEL_EXPORTER_OTLP_ENDPOINT": spans.endpoint, **variables})
        jobs.append(made)
        made.start()
        return made

    yield run
    for made in jobs:
        made.kill()
        print(made.log.read_text()[-3000:])


@pytest.fixture
def traced(spans: Collector, monkeypatch: pytest.MonkeyPatch) -> Iterator[kafkatrace.Producer]:
    """A producer with tracing."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", spans.endpoint)
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    tracing = kafkatrace.configure("orders-producer", sampling_ratio=1)
    yield kafkatrace.Producer({"bootstrap.servers": SERVERS}, tracing=tracing)
    tracing.shutdown(5)


def order(number: int, customer: str = "customer-1", amount: str = "1.50") -> bytes:
    fields = {"id": f"order-{number}", "customer": customer, "amount": amount, "sequence": number + 1}
    return json.dumps({**fields, "created": "2026-01-01T00:00:00+00:00"}).encode()


def headers(message: Message) -> dict[str, bytes]:
    return dict(message.headers() or [])  # type: ignore[arg-type] # a list of pairs, all bytes


def at_least(number: int) -> Callable[[list[Message]], bool]:
    return lambda found: len(found) >= number
