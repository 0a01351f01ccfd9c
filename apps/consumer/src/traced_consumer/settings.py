"""The consumer's settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from traced_common import process
from traced_common.environment import matching, reading, whole
from traced_common.kafka import TOPIC, KafkaSettings

_GROUP = matching(r".{1,249}", "a consumer group: 1 to 249 characters")
_AN_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    """What to read, as which group, how long the demo work takes, and where poison goes."""

    kafka: KafkaSettings
    topic: str
    group: str
    dead_letter_topic: str
    processing_ms: int
    health_host: str
    health_port: int
    log_level: str

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> "ConsumerSettings":
        """Read the settings; SettingsError names every wrong variable."""
        with reading(variables) as environment:
            read = environment.read
            topic = read("KAFKA_TOPIC", TOPIC)
            dead_letter_topic = read("KAFKA_DEAD_LETTER_TOPIC", TOPIC, f"{topic}.dlq")
            if topic and dead_letter_topic == topic:
                environment.problems.append(
                    f"KAFKA_DEAD_LETTER_TOPIC={topic!r}: expected another topic than KAFKA_TOPIC, which would "
                    "bring every dead letter back"
                )
            return cls(
                kafka=KafkaSettings.read(environment),
                topic=topic,
                group=read("KAFKA_GROUP_ID", _GROUP),
                dead_letter_topic=dead_letter_topic,
                processing_ms=read("CONSUMER_PROCESSING_TIME_MS", whole(0, _AN_HOUR)),
                health_host=process.health_host(environment),
                health_port=process.health_port(environment),
                log_level=process.log_level(environment),
            )
