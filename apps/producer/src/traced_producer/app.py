"""Puts the producer together, and takes it apart within the pod's grace period."""

import json
import logging
from collections.abc import Mapping
from typing import Any, Final

import kafkatrace
from kafkatrace import Producer, Tracing
from traced_common import health, kafka, logs, process
from traced_common.leaders import Leaders
from traced_common.stop import Stop

from traced_producer.deliveries import Deliveries
from traced_producer.sending import MOST_WAITING, Sending
from traced_producer.settings import ProducerSettings

_logger = logging.getLogger(__name__)
_STALL_SECONDS: Final = 30.0
# Together below 25 s: Kubernetes kills after 30.
_FLUSH_SECONDS: Final = 10.0
_PURGE_SECONDS: Final = 1.0
_TRACING_SECONDS: Final = 5.0


def start(variables: Mapping[str, str], stop: Stop) -> None:
    """Run the producer until a stop is requested, then drain it."""
    settings = ProducerSettings.read(variables)
    logs.configure(settings.log_level)
    state = health.Health(_STALL_SECONDS)
    health.serve(state, settings.health_port)
    tracing, trouble, leaders = process.tracing(), kafka.Trouble(), Leaders(settings.topic)
    deliveries = Deliveries(trouble)
    producer = kafka.connect(
        lambda conf: kafkatrace.Producer(conf, tracing=tracing),
        {
            **settings.kafka.client_config(),
            **configuration(),
            "error_cb": trouble,
            "stats_cb": lambda text: leaders.statistics(json.loads(text)),
        },
    )
    _logger.info("sending %g orders a second to %s", settings.rate_per_second, settings.topic)
    sending = Sending(producer, settings, deliveries)
    try:
        while not stop.requested:
            sending.turn()
            trouble.check()
            leaders.check(producer)
            state.turn(deliveries.problem())
    finally:
        drain(producer, deliveries, tracing)


def configuration() -> dict[str, Any]:
    """Make the producer's part of librdkafka's configuration."""
    return {
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": "murmur2_random",  # Java's, so that other clients find a key in the same partition
        "message.max.bytes": 1_048_576,
        "topic.metadata.refresh.interval.ms": 10_000,  # a topic made after us is found in seconds, not minutes
        "statistics.interval.ms": 5_000,
        "queue.buffering.max.messages": 2 * MOST_WAITING,
        "queue.buffering.max.kbytes": 16_384,
    }


def drain(producer: Producer, deliveries: Deliveries, tracing: Tracing) -> None:
    """Wait for delivery reports and the export of spans, both bounded, and log what came of everything."""
    _logger.info("stopping: %d orders wait for their delivery report", deliveries.waiting)
    if producer.flush(_FLUSH_SECONDS):
        producer.purge()  # the rest is reported as failed
        producer.flush(_PURGE_SECONDS)
    spans = tracing.shutdown(_TRACING_SECONDS)
    _logger.info("stopped: %s; spans exported %d, dropped %d", deliveries, spans.exported, spans.dropped)
