"""How large a dead letter may be."""

import logging
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined] # as documented
from traced_common.kafka import KafkaSettings, error_text

from traced_flink_consumer.records import LETTER_BYTES

_logger = logging.getLogger(__name__)
_SECONDS: Final = 5.0


def of_topic(kafka: KafkaSettings, topic: str) -> int:
    """Ask for a topic's max.message.bytes; without an answer, a little less than topics have unless told otherwise."""
    resource = ConfigResource(ResourceType.TOPIC, topic)
    admin = AdminClient(kafka.client_config())  # to be kept: with it go the answers
    answers = admin.describe_configs([resource], request_timeout=_SECONDS)
    try:
        return int(answers[resource].result()["max.message.bytes"].value)
    except KafkaException as error:  # the topic may be made with the first letter, and the right may be missing
        reason = error_text(error.args[0])
        _logger.warning("dead letters are cut at %d bytes: no configuration of %s: %s", LETTER_BYTES, topic, reason)
        return LETTER_BYTES
