import pytest
from traced_common.environment import SettingsError
from traced_consumer.settings import ConsumerSettings

GOOD = {
    "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "KAFKA_TOPIC": "orders",
    "KAFKA_GROUP_ID": "trace-group",
    "CONSUMER_PROCESSING_TIME_MS": "20",
}


def test_reads_what_the_operator_sets() -> None:
    settings = ConsumerSettings.read({**GOOD, "KAFKA_DEAD_LETTER_TOPIC": "poison"})
    assert (settings.topic, settings.group, settings.dead_letter_topic) == ("orders", "trace-group", "poison")
    assert settings.processing_ms == 20


def test_dead_letters_go_beside_the_topic_by_default() -> None:
    assert ConsumerSettings.read(GOOD).dead_letter_topic == "orders.dlq"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAFKA_TOPIC", "orders/eu"),
        ("KAFKA_GROUP_ID", ""),
        ("KAFKA_GROUP_ID", "g" * 250),
        ("KAFKA_DEAD_LETTER_TOPIC", "dead letters"),
        ("KAFKA_DEAD_LETTER_TOPIC", "orders"),
        ("CONSUMER_PROCESSING_TIME_MS", "20ms"),
        ("CONSUMER_PROCESSING_TIME_MS", "-1"),
        ("CONSUMER_PROCESSING_TIME_MS", "3600001"),
        ("HEALTH_PORT", "http"),
    ],
)
def test_names_the_wrong_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as failure:
        ConsumerSettings.read({**GOOD, name: value})
    (problem,) = str(failure.value).splitlines()[1:]
    shown = f"{name}={value[:80]!r}: expected" if value else f"{name} is not set: expected"
    assert problem.startswith(f"  {shown}")


def test_names_every_wrong_variable_at_once() -> None:
    with pytest.raises(SettingsError) as failure:
        ConsumerSettings.read({})
    for name in GOOD:
        assert f"  {name} is not set: expected" in str(failure.value)
