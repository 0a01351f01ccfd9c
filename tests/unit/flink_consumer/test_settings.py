import pytest
from traced_common.environment import SettingsError
from traced_flink_consumer.settings import FlinkSettings

REQUIRED = {
    "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "KAFKA_TOPIC": "orders",
    "KAFKA_GROUP_ID": "billing",
    "CONSUMER_PROCESSING_TIME_MS": "20",
}


def test_defaults() -> None:
    settings = FlinkSettings.read(REQUIRED)
    assert (settings.results_topic, settings.dead_letter_topic) == ("orders.results", "orders.dlq")
    assert (settings.delivery, settings.python_mode) == ("AtLeastOnce", "Thread")
    assert (settings.parallelism, settings.checkpoint_interval_ms, settings.window_ms) == (1, 10_000, 60_000)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("FLINK_DELIVERY", "exactlyonce", "one of AtLeastOnce, ExactlyOnce"),
        ("FLINK_PYTHON_MODE", "Fork", "one of Process, Thread"),
        ("FLINK_PARALLELISM", "0", "a whole number from 1 to 128"),
        ("FLINK_CHECKPOINT_INTERVAL_MS", "99", "a whole number from 100 to 3600000"),
        ("FLINK_BUNDLE_TIME_MS", "1s", "a whole number"),
        ("KAFKA_RESULTS_TOPIC", "orders", "another topic than KAFKA_TOPIC"),
        ("KAFKA_DEAD_LETTER_TOPIC", "orders", "another topic than KAFKA_TOPIC"),
        ("KAFKA_GROUP_ID", "", "is not set"),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}.*{message}"):
        FlinkSettings.read(REQUIRED | {name: value})
