"""Puts the producer together, and takes it apart within the pod's grace period."""

import json
import logging
from collections.abc import Mapping
from typing import Any, Final

import kafkatrace
from kafkatrace import Tracing
from traced_common import health, kafka, logs, process, termination_log
from traced_common.recreating_producer import RecreatingProducer
from traced_common.stale_leaders import Leaders, StaleLeadersError
from traced_common.stop import Stop
from traced_common.topic_identity import TopicIdentity, identity

from traced_producer.deliveries import MOST_WAITING, Deliveries
from traced_producer.sending import Sending
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
    health.serve(state, settings.health_port, settings.health_host)
    tracing, leaders = process.tracing(), Leaders(settings.topic)
    config = {**configuration(), "stats_cb": lambda text: leaders.statistics(json.loads(text))}
    producer = RecreatingProducer(
        lambda last_error: kafka.connect(
            lambda conf: kafkatrace.Producer(conf, tracing=tracing),
            {**settings.kafka.client_config(), **config, "error_cb": last_error},
        )
    )
    deliveries, topic = Deliveries(producer), identity(settings.topic, settings.kafka)
    what = "sending %g orders a second to %s; kafkatrace in %s"
    _logger.info(what, settings.rate_per_second, settings.topic, kafkatrace.implementation)
    sending = Sending(producer, settings, deliveries)
    try:
        while not stop.requested:
            sending.run_once()
            recreate_when_stale(producer, leaders, topic)
            state.heartbeat(deliveries.problem())
    finally:
        drain(sending, producer, deliveries, tracing)


def recreate_when_stale(producer: RecreatingProducer, leaders: Leaders, topic: TopicIdentity) -> None:
    """Have a producer re-created that holds on to the leaders of a topic that is gone; the orders are kept."""
    try:
        leaders.check(producer.current)
        topic.check()
    except StaleLeadersError as error:
        producer.condemn(str(error))


def configuration() -> dict[str, Any]:
    """Make the producer's part of librdkafka's configuration."""
    return {
        "enable.idempotence": True,
        "acks": "all",
        "message.timeout.ms": 0,  # no order is given up because Kafka was away for long, and none overtaken for it
        "partitioner": "murmur2_random",  # Java's, so that other clients find a key in the same partition
        "message.max.bytes": 1_048_576,
        "topic.metadata.refresh.interval.ms": 10_000,  # a topic made after us is found in seconds, not minutes
        "statistics.interval.ms": 5_000,
        "queue.buffering.max.messages": 2 * MOST_WAITING,
        "queue.buffering.max.kbytes": 16_384,
    }


def drain(sending: Sending, producer: RecreatingProducer, deliveries: Deliveries, tracing: Tracing) -> None:
    """Deliver what waits and export the spans, both bounded, and tell what came of everything."""
    _logger.info("stopping: %d orders are not delivered yet", deliveries.waiting)
    sending.finish(_FLUSH_SECONDS)
    why = deliveries.problem() or "no answer"
    producer.flush(0)
    if deliveries.waiting:
        seconds = f"{_FLUSH_SECONDS:g} s"
        lost = f"gave up {deliveries.waiting} orders that Kafka did not take within {seconds} of the stop: {why}"
        _logger.error("%s", lost)
        termination_log.write(lost)
    spans = tracing.shutdown(_TRACING_SECONDS)
    _logger.info("stopped: %s; spans exported %d, dropped %d", deliveries, spans.exported, spans.dropped)
