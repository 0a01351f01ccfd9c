"""Runs one redrive: `python -m traced_common.redriving '{"limit": 100, "dry_run": false}'`."""

import contextlib
import json
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any, Final

import kafkatrace
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from traced_common import kafka, process
from traced_common.environment import SettingsError
from traced_common.finding import kafka_state
from traced_common.finding.kafka_state import UnknownTopicError
from traced_common.finding.settings import FinderSettings
from traced_common.redriving.redrive import Redrive

MARK: Final = "tracedpipeline.redrive"
_MOST: Final = 10_000_000
_SECONDS: Final = 30.0
_TRACING_SECONDS: Final = 5.0
_TRANSACTION_MS: Final = 30_000  # while a killed run's transaction is open, readers behind it wait
Told = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Print the counts before and after, or an error; the exit code is 0 or 1."""
    logging.basicConfig(level="CRITICAL")
    try:
        request = json.loads(arguments[0] if arguments else "{}")
        settings = FinderSettings.read(os.environ)
        run(settings, int(request.get("limit") or _MOST), dry=bool(request.get("dry_run")))
    except (ValueError, SettingsError, UnknownTopicError) as error:
        _print({"error": str(error)})
        return 1
    except KafkaException as error:
        _print({"error": f"{settings.kafka.bootstrap_servers}: {kafka.error_text(error.args[0])}"})
        return 1
    return 0


def run(settings: FinderSettings, limit: int, *, dry: bool) -> Told:
    """Send the dead letters back that are there now; the result, which is printed, too, has the counts."""
    config = settings.kafka.client_config() | {"client.id": "tracedpipeline-redrive"}
    admin = kafka.connect(AdminClient, {**config, "allow.auto.create.topics": False})
    consumer = kafka.connect(Consumer, {**config, **reading(settings)})
    with contextlib.closing(consumer):
        if dry:
            waiting = _waiting(admin, consumer, settings)
            return _result(settings, {"before": waiting, "after": waiting, "redriven": 0})
        return _result(settings, _sent_back(config, admin, consumer, settings, limit))


def _sent_back(
    config: Mapping[str, Any], admin: AdminClient, consumer: Consumer, settings: FinderSettings, limit: int
) -> Told:
    tracing = process.tracing()
    producer = kafka.connect(
        lambda conf: kafkatrace.Producer(conf, tracing=tracing), {**config, **configuration(settings)}
    )
    # Ends what a run before this one has left open: only then it is known how far that one came.
    producer.init_transactions(_SECONDS)
    before = _waiting(admin, consumer, settings)
    try:
        stage = kafkatrace.Stage(f"redrive {settings.dead_letter_topic}", tracing=tracing)
        redrive = Redrive(consumer, producer, stage, settings.topic)
        outcome = redrive.run(
            _ranges(admin, consumer, settings), limit, lambda progress: _print({"progress": progress})
        )
    finally:
        tracing.shutdown(_TRACING_SECONDS)
    told = {"redriven": outcome.redriven, "left": outcome.left, "places": outcome.places}
    return {"before": before, "after": _waiting(admin, consumer, settings), **told}


def configuration(settings: FinderSettings) -> Told:
    """Make the producer's part of librdkafka's configuration."""
    return {
        "transactional.id": settings.redrive_group,
        "transaction.timeout.ms": _TRANSACTION_MS,
        "partitioner": "murmur2_random",  # that of our producer: a key goes back to its partition
        "message.max.bytes": 1_000_000_000,  # what came out of Kafka may go in again: let the broker decide
        "linger.ms": 5,
    }


def reading(settings: FinderSettings) -> Told:
    """Make the reader's part of librdkafka's configuration: no member of its group, which keeps the progress."""
    return {
        "group.id": settings.redrive_group,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
        "queued.max.messages.kbytes": 16_384,
        "allow.auto.create.topics": False,
    }


def _ranges(admin: AdminClient, consumer: Consumer, settings: FinderSettings) -> Mapping[TopicPartition, int]:
    """Return where each partition's letters begin that were not sent back, with the offset behind the last."""
    topic = settings.dead_letter_topic
    logs = kafka_state.logs(admin, topic)
    done = kafka_state.committed(consumer, topic, list(logs))
    begins = {each: max(log.start, done.get(each, 0)) for each, log in logs.items()}
    return {TopicPartition(topic, each, begins[each]): log.end for each, log in logs.items() if begins[each] < log.end}


def _waiting(admin: AdminClient, consumer: Consumer, settings: FinderSettings) -> int:
    """Return how many offsets of the dead-letter topic are not passed yet: letters, and markers among them."""
    return sum(end - each.offset for each, end in _ranges(admin, consumer, settings).items())


def _result(settings: FinderSettings, told: Told) -> Told:
    _print({"facts": told | {"topic": settings.topic, "dead_letter_topic": settings.dead_letter_topic}})
    return told


def _print(line: Told) -> Told:
    print(json.dumps({MARK: line}), flush=True)
    return line


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
