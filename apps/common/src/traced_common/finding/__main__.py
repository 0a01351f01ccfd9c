"""Answers one request: `python -m traced_common.finding '{"key": "Y3VzdG9tZXItNw=="}'`, lines of JSON on stdout."""

import json
import logging
import os
import sys
from typing import Any, Final

from confluent_kafka import Consumer, KafkaException
from confluent_kafka.admin import AdminClient

from traced_common import kafka
from traced_common.environment import SettingsError
from traced_common.finding.finder import Clients, Finder
from traced_common.finding.kafka_state import UnknownTopicError
from traced_common.finding.records import Told
from traced_common.finding.request import Request, RequestError
from traced_common.finding.settings import FinderSettings

MARK: Final = "tracedpipeline.find"  # which lines are ours, beside those of libraries


def main(arguments: list[str]) -> int:
    """Print the facts, or an error; the exit code is 0 or 1."""
    logging.basicConfig(level="CRITICAL")
    try:
        request = Request.read(arguments[0] if arguments else "")
        settings = FinderSettings.read(os.environ)
        _print({"facts": find(settings, request)})
    except (RequestError, SettingsError, UnknownTopicError) as error:
        _print({"error": str(error)})
        return 1
    except KafkaException as error:
        _print({"error": f"{settings.kafka.bootstrap_servers}: {kafka.error_text(error.args[0])}"})
        return 1
    return 0


def find(settings: FinderSettings, request: Request) -> Told:
    """Return what Kafka knows of what is looked for."""
    config = settings.kafka.client_config() | {"client.id": "tracedpipeline-find"}
    reader = kafka.connect(Consumer, {**config, **configuration(settings.group)})
    admin = kafka.connect(AdminClient, {**config, "allow.auto.create.topics": False})
    groups = {
        each: kafka.connect(Consumer, {**config, **asking(each)}) for each in (settings.group, settings.redrive_group)
    }
    try:
        clients = Clients(reader, admin, groups)
        return Finder(settings, request, clients, lambda progress: _print({"progress": progress})).facts()
    finally:
        for consumer in (reader, *groups.values()):
            consumer.close()


def configuration(group: str) -> dict[str, Any]:
    """Make the reader's part of librdkafka's configuration: it joins no group and commits nothing."""
    return {
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",  # what retention has taken since we asked
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
        "fetch.wait.max.ms": 20,  # each window begins with a new fetch
        "queued.max.messages.kbytes": 16_384,
        "fetch.message.max.bytes": 1_048_576,
        "allow.auto.create.topics": False,
    }


def asking(group: str) -> dict[str, Any]:
    """Make a client's part of librdkafka's configuration that asks how far a group is, whatever is under way there."""
    return {"group.id": group, "enable.auto.commit": False, "isolation.level": "read_uncommitted"}


def _print(line: Told) -> None:
    print(json.dumps({MARK: line}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
