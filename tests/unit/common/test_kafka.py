from pathlib import Path

import confluent_kafka
import pytest
from confluent_kafka import KafkaError
from traced_common.environment import SettingsError, reading
from traced_common.kafka import KafkaSettings, LastError, connect

PLAIN = {"KAFKA_BOOTSTRAP_SERVERS": "kafka.kafka.svc:9092", "POD_NAME": "orders-producer-0"}


def read(variables: dict[str, str]) -> KafkaSettings:
    with reading(variables) as environment:
        return KafkaSettings.read(environment)


@pytest.fixture
def sasl(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "username").write_text("alice\n")
    (tmp_path / "password").write_text("wonderland\n")
    (tmp_path / "ca.crt").write_text("-----BEGIN CERTIFICATE-----\n")
    return {
        **PLAIN,
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "KAFKA_SASL_CREDENTIALS_DIR": str(tmp_path),
        "KAFKA_SSL_CA_FILE": str(tmp_path / "ca.crt"),
    }


def test_plain_text_needs_the_servers_only() -> None:
    config = read(PLAIN).client_config()
    assert config["bootstrap.servers"] == "kafka.kafka.svc:9092"
    assert config["client.id"] == "orders-producer-0"
    assert config["security.protocol"] == "PLAINTEXT"
    assert not [name for name in config if name.startswith(("sasl", "ssl"))]


def test_credentials_come_from_their_files(sasl: dict[str, str]) -> None:
    config = read(sasl).client_config()
    assert (config["sasl.username"], config["sasl.password"]) == ("alice", "wonderland")
    assert config["sasl.mechanism"] == "SCRAM-SHA-512"
    assert config["ssl.ca.location"] == sasl["KAFKA_SSL_CA_FILE"]


def test_a_user_of_strimzis_has_its_password_alone_in_the_secret(sasl: dict[str, str]) -> None:
    Path(sasl["KAFKA_SASL_CREDENTIALS_DIR"], "username").unlink()
    config = read({**sasl, "KAFKA_SASL_USERNAME": "orders-producer"}).client_config()
    assert (config["sasl.username"], config["sasl.password"]) == ("orders-producer", "wonderland")


@pytest.fixture
def certified(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "user.crt").write_text("-----BEGIN CERTIFICATE-----\n")
    (tmp_path / "user.key").write_text("-----BEGIN PRIVATE KEY-----\n")
    return {
        **PLAIN,
        "KAFKA_SECURITY_PROTOCOL": "SSL",
        "KAFKA_SSL_CERTIFICATE_FILE": str(tmp_path / "user.crt"),
        "KAFKA_SSL_KEY_FILE": str(tmp_path / "user.key"),
    }


def test_a_user_may_be_one_by_its_certificate(certified: dict[str, str]) -> None:
    config = read(certified).client_config()
    assert config["ssl.certificate.location"] == certified["KAFKA_SSL_CERTIFICATE_FILE"]
    assert config["ssl.key.location"] == certified["KAFKA_SSL_KEY_FILE"]


@pytest.mark.parametrize("missing", ["KAFKA_SSL_CERTIFICATE_FILE", "KAFKA_SSL_KEY_FILE"])
def test_certificate_and_key_belong_together(certified: dict[str, str], missing: str) -> None:
    del certified[missing]
    with pytest.raises(SettingsError, match=f"{missing} is not set"):
        read(certified)


def test_settings_never_show_the_password(sasl: dict[str, str]) -> None:
    assert "wonderland" not in repr(read(sasl))


def test_ssl_without_a_ca_trusts_the_system(sasl: dict[str, str]) -> None:
    del sasl["KAFKA_SSL_CA_FILE"]
    assert "ssl.ca.location" not in read(sasl).client_config()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"KAFKA_BOOTSTRAP_SERVERS": ""}, "KAFKA_BOOTSTRAP_SERVERS is not set: expected host:port"),
        ({"KAFKA_BOOTSTRAP_SERVERS": "kafka"}, "KAFKA_BOOTSTRAP_SERVERS='kafka': expected host:port"),
        ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "KAFKA_SECURITY_PROTOCOL='TLS': expected one of PLAINTEXT"),
        ({"KAFKA_SASL_MECHANISM": "GSSAPI"}, "KAFKA_SASL_MECHANISM='GSSAPI': expected one of PLAIN,"),
        ({"KAFKA_SASL_MECHANISM": ""}, "KAFKA_SASL_MECHANISM is not set"),
        ({"KAFKA_SASL_CREDENTIALS_DIR": "/none"}, "(username: No such file or directory)"),
        ({"KAFKA_SSL_CA_FILE": "/none/ca.crt"}, "(ca.crt: No such file or directory)"),
    ],
)
def test_says_what_is_wrong(sasl: dict[str, str], changes: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError) as failure:
        read({**sasl, **changes})
    assert words in str(failure.value)


def test_an_empty_password_is_wrong(sasl: dict[str, str]) -> None:
    Path(sasl["KAFKA_SASL_CREDENTIALS_DIR"], "password").write_text("\n")
    with pytest.raises(SettingsError, match=r"\(password: empty\)"):
        read(sasl)


def test_a_password_is_not_sent_unencrypted_unless_told(sasl: dict[str, str]) -> None:
    del sasl["KAFKA_SSL_CA_FILE"]
    plain = {**sasl, "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_SASL_MECHANISM": "PLAIN"}
    with pytest.raises(SettingsError, match="SASL_PLAINTEXT with PLAIN sends the password unencrypted"):
        read(plain)
    assert read({**plain, "KAFKA_SASL_ALLOW_PLAINTEXT_PASSWORD": "true"}).credentials
    assert read({**plain, "KAFKA_SASL_MECHANISM": "SCRAM-SHA-256"}).credentials
    assert read({**plain, "KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}).credentials


def test_a_configuration_that_librdkafka_refuses_is_a_wrong_setting(sasl: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"librdkafka refuses the KAFKA_\* settings: .*ca") as failure:
        connect(confluent_kafka.Producer, {**read(sasl).client_config(), "log_level": 0})
    assert "wonderland" not in str(failure.value)


def test_trouble_keeps_the_cause_rather_than_the_summary() -> None:
    last_error = LastError()
    last_error(KafkaError(KafkaError._TRANSPORT, "kafka:9092: Connection refused"))
    last_error(KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))
    assert last_error.last == "_TRANSPORT: kafka:9092: Connection refused"


@pytest.mark.parametrize(
    ("protocol", "words"),
    [
        ("PLAINTEXT", "KAFKA_SSL_KEY_FILE is set, but KAFKA_SECURITY_PROTOCOL is none of SSL"),
        ("PLAINTEXT", "KAFKA_SASL_USERNAME is set, but KAFKA_SECURITY_PROTOCOL is none of SASL"),
        ("SASL_PLAINTEXT", "KAFKA_SSL_CERTIFICATE_FILE is set, but"),
        ("SSL", "KAFKA_SASL_USERNAME is set, but"),
    ],
)
def test_what_the_protocol_has_no_use_for_is_wrong(certified: dict[str, str], protocol: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read({**certified, "KAFKA_SECURITY_PROTOCOL": protocol, "KAFKA_SASL_USERNAME": "alice"})
