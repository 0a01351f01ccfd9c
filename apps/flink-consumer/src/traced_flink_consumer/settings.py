"""The Flink consumer's settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from traced_common import process
from traced_common.environment import Environment, Kind, matching, reading, whole
from traced_common.kafka import TOPIC, KafkaSettings

GROUP: Final = matching(r".{1,249}", "a consumer group: 1 to 249 characters")
AT_LEAST_ONCE: Final = "AtLeastOnce"
EXACTLY_ONCE: Final = "ExactlyOnce"
PROCESS: Final = "Process"
THREAD: Final = "Thread"
_AN_HOUR: Final = 3_600_000
_MOST_TASKS: Final = 128


@dataclass(frozen=True, slots=True)
class FlinkSettings:
    """What to read, as which group, where results and poison go, and how Flink is to run it; times in milliseconds."""

    kafka: KafkaSettings
    topic: str
    group: str
    results_topic: str
    dead_letter_topic: str
    processing_ms: int
    parallelism: int
    checkpoint_interval_ms: int
    delivery: str
    python_mode: str
    bundle_time_ms: int
    window_ms: int
    log_level: str

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> "FlinkSettings":
        """Read the settings; SettingsError names every wrong variable."""
        with reading(variables) as environment:
            read = environment.read
            topic = read("KAFKA_TOPIC", TOPIC)
            return cls(
                kafka=KafkaSettings.read(environment),
                topic=topic,
                group=read("KAFKA_GROUP_ID", GROUP),
                results_topic=_another(environment, "KAFKA_RESULTS_TOPIC", topic, ".results"),
                dead_letter_topic=_another(environment, "KAFKA_DEAD_LETTER_TOPIC", topic, ".dlq"),
                processing_ms=read("CONSUMER_PROCESSING_TIME_MS", whole(0, _AN_HOUR)),
                parallelism=read("FLINK_PARALLELISM", whole(1, _MOST_TASKS), 1),
                checkpoint_interval_ms=read("FLINK_CHECKPOINT_INTERVAL_MS", whole(100, _AN_HOUR), 10_000),
                delivery=read("FLINK_DELIVERY", _word(AT_LEAST_ONCE, EXACTLY_ONCE), AT_LEAST_ONCE),
                python_mode=read("FLINK_PYTHON_MODE", _word(PROCESS, THREAD), THREAD),
                bundle_time_ms=read("FLINK_BUNDLE_TIME_MS", whole(1, 60_000), 10),
                window_ms=read("FLINK_WINDOW_MS", whole(100, _AN_HOUR), 60_000),
                log_level=process.log_level(environment),
            )


def _another(environment: Environment, name: str, topic: str, ending: str) -> str:
    chosen = environment.read(name, TOPIC, f"{topic}{ending}")
    if topic and chosen == topic:
        environment.problems.append(
            f"{name}={topic!r}: expected another topic than KAFKA_TOPIC, which would bring every record back"
        )
    return chosen


def _word(*names: str) -> Kind[str]:
    """Expect one of these words as they are written."""

    def parse(text: str) -> str:
        if text not in names:
            raise ValueError
        return text

    return Kind(f"one of {', '.join(names)}", parse)
