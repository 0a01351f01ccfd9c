"""Puts the producer together, and takes it apart within the pod's grace period."""

import json
import logging
from collections.abc import Mapping
from typing import Any, Final

import kafkatrace
from kafkatrace import Tracing
from traced_common import health, kafka, logs, process
from traced_common.leaders import Leaders
from traced_common.renewal import RenewedProducer
from traced_common.stop import Stop

from traced_producer.deliveries import Deliveries
from traced_producer.sending import MOST_WAITING, Sending
from traced_producer.settings import ProducerSettings

_logger = logging.getLogger(__name__)
_STALL_SECONDS: Final = 30.0
# Together below 25 s: Kubernetes kills after 30.
_FLUSH_SECONDS: Final = 10.0
_TRACING_SECONDS: Final = 5.0


def start(variables: Mapping[str, str], stop: Stop) -> None:
    """Run the producer until a stop is requested, then drain it."""
    settings = ProducerSettings.read(variables)
    logs.configure(settings.log_level)
    state = health.Health(_STALL_SECONDS)
    health.serve(state, settings.health_port)
    tracing, leaders = process.tracing(), Leaders(settings.topic)
    config = {
        **settings.kafka.client_config(),
        **configuration(),
        "stats_cb": lambda text: leaders.statistics(json.loads(text)),
    }
    producer = RenewedProducer(
        lambda trouble: kafka.connect(
            lambda conf: kafkatrace.Producer(conf, tracing=tracing), {**config, "error_cb": trouble}
        )
    )
    deliveries = Deliveries(producer)
    _logger.info("sending %g orders a second to %s", settings.rate_per_second, settings.topic)
    sending = Sending(producer, settings, deliveries)
    try:
        while not stop.requested:
            sending.turn()
            leaders.check(producer.current)
            state.turn(deliveries.problem())
    finally:
        sending.last_attempts()
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


def drain(producer: RenewedProducer, deliveries: Deliveries, tracing: Tracing) -> None:
    """Wait for delivery reports and the export of spans, both bounded, and log what came of everything."""
    _logger.info("stopping: %d orders are not delivered yet", deliveries.waiting)
    producer.flush(_FLUSH_SECONDS)
    spans = tracing.shutdown(_TRACING_SECONDS)
    _logger.info("stopped: %s; spans exported %d, dropped %d", deliveries, spans.exported, spans.dropped)
