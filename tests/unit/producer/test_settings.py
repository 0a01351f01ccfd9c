import pytest
from traced_common.environment import SettingsError
from traced_producer.settings import ProducerSettings

GOOD = {
    "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "KAFKA_TOPIC": "orders",
    "PRODUCER_RATE_PER_SECOND": "0.5",
    "PRODUCER_MESSAGE_BYTES": "256",
}


def test_reads_what_the_operator_sets() -> None:
    settings = ProducerSettings.read({**GOOD, "HEALTH_PORT": "8081", "LOG_LEVEL": "debug"})
    assert (settings.topic, settings.rate_per_second, settings.message_bytes) == ("orders", 0.5, 256)
    assert (settings.health_port, settings.log_level) == (8081, "DEBUG")


def test_has_few_defaults() -> None:
    settings = ProducerSettings.read(GOOD)
    assert (settings.health_host, settings.health_port, settings.log_level) == ("", 8080, "INFO")
    assert settings.kafka.security_protocol == "PLAINTEXT"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAFKA_TOPIC", "my orders"),
        ("KAFKA_TOPIC", ""),
        ("PRODUCER_RATE_PER_SECOND", "0"),
        ("PRODUCER_RATE_PER_SECOND", "10/s"),
        ("PRODUCER_RATE_PER_SECOND", ""),
        ("PRODUCER_MESSAGE_BYTES", "0"),
        ("PRODUCER_MESSAGE_BYTES", "1000001"),
        ("PRODUCER_MESSAGE_BYTES", "1Ki"),
        ("HEALTH_PORT", "65536"),
        ("HEALTH_HOST", "localhost"),
        ("HEALTH_HOST", "127.0.0.1:80"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_names_the_wrong_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as failure:
        ProducerSettings.read({**GOOD, name: value})
    (problem,) = str(failure.value).splitlines()[1:]
    assert problem.startswith(f"  {name}={value!r}: expected" if value else f"  {name} is not set: expected")


def test_names_every_wrong_variable_at_once() -> None:
    with pytest.raises(SettingsError) as failure:
        ProducerSettings.read({})
    for name in GOOD:
        assert f"  {name} is not set: expected" in str(failure.value)
