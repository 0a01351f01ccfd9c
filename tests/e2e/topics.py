"""What lies in Kafka, read and written with Kafka's own tools."""

import json
import subprocess
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
    ends = {partition: end for partition, end in _ends(topic).items() if end}
    records = []
    for partition, offset, record in _from_the_beginning(topic) if ends else ():
        if offset < ends.get(partition, 0):
            records.append(record)
        if offset + 1 >= ends.get(partition, offset + 2):
            del ends[partition]
        if not ends:
            break
    assert not ends, f"nobody could read {topic} as far as {ends}"
    return records


def _ends(topic: str) -> dict[int, int]:
    printed = kube.kubectl(*KAFKA, f"{TOOLS}.GetOffsetShell", *SERVERS, "--topic", topic)
    fields = (line.rsplit(":", 2) for line in printed.splitlines())
    return {int(partition): int(end) for _, partition, end in fields}


def _from_the_beginning(topic: str) -> Iterator[tuple[int, int, Record]]:
    """Records, as they come in, each with its partition and offset; the tool ends when nobody reads its output."""
    command = (
        "kubectl", *KAFKA, f"{TOOLS}.consumer.ConsoleConsumer", *SERVERS, "--topic", topic, "--from-beginning",
        "--timeout-ms", "20000", "--formatter-property", "print.headers=true",
        "--formatter-property", "print.partition=true", "--formatter-property", "print.offset=true",
    )  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reading:
        assert reading.stdout is not None
        try:
            for line in reading.stdout:
                partition, offset, headers, value = line.rstrip("\n").split("\t", 3)
                yield (
                    int(partition.removeprefix("Partition:")),
                    int(offset.removeprefix("Offset:")),
                    Record(headers, value),
                )
        finally:
            reading.kill()


def write(topic: str, headers: str, value: str) -> None:
    """Append one record."""
    kube.kubectl(
        *KAFKA, f"{TOOLS}.ConsoleProducer", *SERVERS, "--topic", topic,
        "--reader-property", "parse.headers=true", given=f"{headers}\t{value}\n",
    )  # fmt: skip
