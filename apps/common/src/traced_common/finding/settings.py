"""The variables of a consumer, Python's or Flink's, as far as a reader needs them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from traced_common.environment import matching, reading
from traced_common.kafka import TOPIC, KafkaSettings

_GROUP: Final = matching(r".{1,249}", "a consumer group: 1 to 249 characters")
_REDRIVE: Final = ".redrive"


@dataclass(frozen=True, slots=True)
class FinderSettings:
    """What the consumer reads, as which group, and where its dead letters go."""

    kafka: KafkaSettings
    topic: str
    group: str
    dead_letter_topic: str

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> "FinderSettings":
        """Read the settings; SettingsError names every wrong variable."""
        with reading(variables) as environment:
            topic = environment.read("KAFKA_TOPIC", TOPIC)
            return cls(
                kafka=KafkaSettings.read(environment),
                topic=topic,
                group=environment.read("KAFKA_GROUP_ID", _GROUP),
                dead_letter_topic=environment.read("KAFKA_DEAD_LETTER_TOPIC", TOPIC, f"{topic}.dlq"),
            )

    @property
    def redrive_group(self) -> str:
        """The group whose offsets tell which dead letters went back to their topic."""
        return f"{self.group}{_REDRIVE}"
