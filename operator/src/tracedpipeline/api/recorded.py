"""What the status keeps of Kafka from one look to the next: the operator itself keeps no state (ADR 2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class KafkaRecord:
    """The topics that were there, and which Kafka cluster it is; empty where the spec names another by now."""

    topics: tuple[str, ...] = ()
    cluster_id: str | None = None


def kafka_record(status: Mapping[str, Any], address: str) -> KafkaRecord:
    """Return what the status keeps of the Kafka cluster at an address."""
    found = status.get("kafka") or {}
    if found.get("address") != address:
        return KafkaRecord()
    return KafkaRecord(tuple(found.get("topics", ())), found.get("clusterId") or None)
