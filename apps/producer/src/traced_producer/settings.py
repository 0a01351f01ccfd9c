"""The producer's settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from traced_common import process
from traced_common.environment import positive, reading, whole
from traced_common.kafka import TOPIC, KafkaSettings

_LARGEST_MESSAGE = 1_000_000  # brokers take 1 MiB with key, headers and framing


@dataclass(frozen=True, slots=True)
class ProducerSettings:
    """Where to send orders, how many a second, and about how many bytes each."""

    kafka: KafkaSettings
    topic: str
    rate_per_second: float
    message_bytes: int
    health_host: str
    health_port: int
    log_level: str

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> "ProducerSettings":
        """Read the settings; SettingsError names every wrong variable."""
        with reading(variables) as environment:
            return cls(
                kafka=KafkaSettings.read(environment),
                topic=environment.read("KAFKA_TOPIC", TOPIC),
                rate_per_second=environment.read("PRODUCER_RATE_PER_SECOND", positive(1_000_000)),
                message_bytes=environment.read("PRODUCER_MESSAGE_BYTES", whole(1, _LARGEST_MESSAGE)),
                health_host=process.health_host(environment),
                health_port=process.health_port(environment),
                log_level=process.log_level(environment),
            )
