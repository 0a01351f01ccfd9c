from pathlib import Path

from traced_flink_consumer import tables
from traced_flink_consumer.settings import FlinkSettings

from .test_settings import REQUIRED


def secured(folder: Path) -> FlinkSettings:
    (folder / "username").write_text("user")
    (folder / "password").write_text("hunter2")
    (folder / "ca.crt").write_text("PEM")
    return FlinkSettings.read(
        REQUIRED
        | {
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "KAFKA_SASL_CREDENTIALS_DIR": str(folder),
            "KAFKA_SSL_CA_FILE": str(folder / "ca.crt"),
        }
    )


def source(**variables: str) -> str:
    return tables.source(FlinkSettings.read(REQUIRED | variables))


def test_the_source_begins_at_the_groups_offsets_else_at_the_beginning() -> None:
    made = source()
    for option in (
        "'scan.startup.mode' = 'group-offsets'",
        "'properties.auto.offset.reset' = 'earliest'",
        "'properties.group.id' = 'billing'",
        "'topic' = 'orders'",
    ):
        assert option in made


def test_a_quote_in_a_name_stays_a_quote() -> None:
    made = source(KAFKA_GROUP_ID="it's")
    assert "'properties.group.id' = 'it''s'" in made


def test_delivery_is_the_sinks() -> None:
    assert "'sink.delivery-guarantee' = 'at-least-once'" in tables.sink(FlinkSettings.read(REQUIRED), "results", "r")
    exactly = FlinkSettings.read(REQUIRED | {"FLINK_DELIVERY": "ExactlyOnce"})
    assert "'sink.delivery-guarantee' = 'exactly-once'" in tables.sink(exactly, "results", "r")


def test_no_record_of_a_sink_is_given_up_during_an_outage_and_overtaken() -> None:
    assert "'properties.delivery.timeout.ms' = '2147483647'" in tables.sink(
        FlinkSettings.read(REQUIRED), "results", "r"
    )


def test_the_two_sinks_have_transactions_of_their_own() -> None:
    settings = FlinkSettings.read(REQUIRED)
    assert "'billing-r'" in tables.sink(settings, "results", "r")
    assert "'billing-d'" in tables.sink(settings, "dead_letters", "d")


def test_credentials_are_named_by_their_files_and_never_shown(tmp_path: Path) -> None:
    made = tables.source(secured(tmp_path)) + tables.sink(secured(tmp_path), "results", "r")
    assert "hunter2" not in made
    assert f'password="${{directory:{tmp_path}:password}}"' in made
    assert "ScramLoginModule required" in made
    assert f"'properties.ssl.truststore.location' = '{tmp_path}/ca.crt'" in made


def test_a_users_key_is_named_by_its_file_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "user.crt").write_text("certificate")
    (tmp_path / "user.key").write_text("hunter2")
    made = source(
        KAFKA_SECURITY_PROTOCOL="SSL",
        KAFKA_SSL_CERTIFICATE_FILE=str(tmp_path / "user.crt"),
        KAFKA_SSL_KEY_FILE=str(tmp_path / "user.key"),
    )
    assert "hunter2" not in made
    assert f"'properties.ssl.keystore.key' = '${{directory:{tmp_path}:user.key}}'" in made
    assert "'properties.ssl.keystore.type' = 'PEM'" in made
    assert "'properties.config.providers' = 'directory'" in made


def test_a_user_of_strimzis_by_name(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2")
    made = source(
        KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        KAFKA_SASL_MECHANISM="SCRAM-SHA-512",
        KAFKA_SASL_USERNAME="orders-consumer",
        KAFKA_SASL_CREDENTIALS_DIR=str(tmp_path),
    )
    assert f'username="orders-consumer" password="${{directory:{tmp_path}:password}}"' in made
