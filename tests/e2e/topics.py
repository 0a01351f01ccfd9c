"""What lies in Kafka, read and written with Kafka's own tools."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.e2e import kube

# Not every image has a script for each tool, but all have the tools. They are over before it pays to optimise them.
JAVA = ("java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", "/opt/kafka/libs/*")
KAFKA = ("exec", "-i", "-n", "kafka", "deploy/kafka", "--", *JAVA)
TOOLS = "org.apache.kafka.tools"
SERVERS = ("--bootstrap-server", "localhost:9092")


@dataclass(frozen=True)
class Record:
    headers: str
    value: str

    @property
    def document(self) -> Any:
        return json.loads(self.value)


def length(topic: str) -> int:
    """How many records were ever written to the topic."""
    return sum(_ends(topic).values())


def read(topic: str) -> list[Record]:
    """All records that are in the topic now; those of a partition in their order."""
    # Partition by partition: a count over all of them would take newer records of one for older ones of another.
    return [record for partition, end in _ends(topic).items() if end for record in _records(topic, partition, end)]


def _ends(topic: str) -> dict[int, int]:
    printed = kube.kubectl(*KAFKA, f"{TOOLS}.GetOffsetShell", *SERVERS, "--topic", topic)
    fields = (line.rsplit(":", 2) for line in printed.splitlines())
    return {int(partition): int(end) for _, partition, end in fields}


def _records(topic: str, partition: int, end: int) -> Iterator[Record]:
    printed = kube.kubectl(
        *KAFKA, f"{TOOLS}.consumer.ConsoleConsumer", *SERVERS, "--topic", topic, "--partition", str(partition),
        "--offset", "earliest", "--max-messages", str(end), "--timeout-ms", "20000",
        "--formatter-property", "print.headers=true",
    )  # fmt: skip
    for line in printed.splitlines():
        headers, _, value = line.partition("\t")
        yield Record(headers, value)


def write(topic: str, headers: str, value: str) -> None:
    """Append one record."""
    kube.kubectl(
        *KAFKA, f"{TOOLS}.ConsoleProducer", *SERVERS, "--topic", topic,
        "--reader-property", "parse.headers=true", given=f"{headers}\t{value}\n",
    )  # fmt: skip
