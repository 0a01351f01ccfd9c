"""The Kafka tables: SQL from settings. Passwords and keys are not in it: Kafka's client reads them from their files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from traced_common.kafka import KafkaSettings

from traced_flink_consumer.settings import EXACTLY_ONCE, FlinkSettings

# The connector brings Kafka's client under names of its own.
_KAFKA: Final = "org.apache.flink.kafka.shaded.org.apache.kafka.common"
_LOGIN: Final = {
    "PLAIN": f"{_KAFKA}.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": f"{_KAFKA}.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": f"{_KAFKA}.security.scram.ScramLoginModule",
}
_FROM_FILES: Final = {
    "properties.config.providers": "directory",
    "properties.config.providers.directory.class": f"{_KAFKA}.config.provider.DirectoryConfigProvider",
}
_TRANSACTION_MS: Final = 900_000  # brokers allow no more unless told; a checkpoint must come within it

# A batch that Kafka's client gives up may have been overtaken by one behind it when the job begins again.
_NEVER: Final = 2**31 - 1

SOURCE: Final = "orders"
RESULTS: Final = "results"
DEAD_LETTERS: Final = "dead_letters"
# What the process operator gets of a record, in this order. `left` is when it left the connector: all that comes
# after, such as waiting for a bundle, is Flink's. Milliseconds, because Python's instants are expensive.
READ: Final = """
SELECT `key`, `value`, `headers`, `partition`, `offset`,
  EXTRACT(EPOCH FROM `timestamp`) * 1000 + EXTRACT(MILLISECOND FROM `timestamp`), `timestamp-type`,
  EXTRACT(EPOCH FROM `left`) * 1000 + EXTRACT(MILLISECOND FROM `left`)
FROM orders
"""


def source(settings: FlinkSettings) -> str:
    """Make the table that reads, from the group's committed offsets, else from the beginning."""
    options = {
        **_options(settings.kafka, settings.topic),
        "properties.group.id": settings.group,
        "properties.client.id.prefix": settings.kafka.client_id,
        "properties.auto.offset.reset": "earliest",
        "scan.startup.mode": "group-offsets",
        "scan.topic-partition-discovery.interval": "10 s",
    }
    columns = """
  `key` BYTES, `value` BYTES,
  `headers` MAP<STRING, BYTES> METADATA VIRTUAL,
  `partition` INT METADATA VIRTUAL, `offset` BIGINT METADATA VIRTUAL,
  `timestamp` TIMESTAMP_LTZ(3) METADATA VIRTUAL, `timestamp-type` STRING METADATA VIRTUAL,
  `left` AS CURRENT_ROW_TIMESTAMP()
"""
    return _table(SOURCE, columns, options)


def sink(settings: FlinkSettings, name: str, topic: str) -> str:
    """Make a table that writes."""
    options = {
        **_options(settings.kafka, topic),
        "sink.delivery-guarantee": "exactly-once" if settings.delivery == EXACTLY_ONCE else "at-least-once",
        "sink.transactional-id-prefix": f"{settings.group}-{topic}",
        "properties.transaction.timeout.ms": str(_TRANSACTION_MS),
        "properties.delivery.timeout.ms": str(_NEVER),
        "properties.max.request.size": "1000000000",  # what came out of Kafka may go in again: the broker decides
    }
    return _table(name, "`key` BYTES, `value` BYTES, `headers` MAP<STRING, BYTES> METADATA", options)


def _options(kafka: KafkaSettings, topic: str) -> dict[str, str]:
    options = {
        "connector": "kafka",
        "topic": topic,
        "key.format": "raw",
        "key.fields": "key",
        "value.format": "raw",
        "value.fields-include": "EXCEPT_KEY",
        "properties.bootstrap.servers": kafka.bootstrap_servers,
        "properties.security.protocol": kafka.security_protocol,
    }
    if kafka.ca_file:
        options["properties.ssl.truststore.type"] = "PEM"
        options["properties.ssl.truststore.location"] = str(kafka.ca_file)
    if kafka.certificate_file and kafka.key_file:
        options |= _FROM_FILES
        options["properties.ssl.keystore.type"] = "PEM"
        options["properties.ssl.keystore.certificate.chain"] = _content(kafka.certificate_file)
        options["properties.ssl.keystore.key"] = _content(kafka.key_file)
    if kafka.credentials and kafka.sasl_mechanism:
        options |= _FROM_FILES
        options["properties.sasl.mechanism"] = kafka.sasl_mechanism
        username = kafka.username or _content(kafka.credentials / "username")
        options["properties.sasl.jaas.config"] = (
            f"{_LOGIN[kafka.sasl_mechanism]} required "
            f'username="{username}" password="{_content(kafka.credentials / "password")}";'
        )
    return options


def _content(file: Path) -> str:
    """Name a file for Kafka's client to put its content in place of it (KIP-421)."""
    return f"${{directory:{file.parent}:{file.name}}}"


def _table(name: str, columns: str, options: Mapping[str, str]) -> str:
    pairs = ",\n  ".join(f"{_quoted(key)} = {_quoted(value)}" for key, value in options.items())
    return f"CREATE TEMPORARY TABLE {name} ({columns}) WITH (\n  {pairs}\n)"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
