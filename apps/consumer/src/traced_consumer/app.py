"""Puts the consumer together, and takes it apart within the pod's grace period."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

import kafkatrace
from kafkatrace import Tracing
from traced_common import health, kafka, logs, process
from traced_common.order import Order
from traced_common.recreating_producer import RecreatingProducer
from traced_common.stale_leaders import Leaders
from traced_common.stop import Stop
from traced_common.topic_identity import identity

from traced_consumer import dead_letters
from traced_consumer.dead_letters import DeadLetters
from traced_consumer.handler import handle
from traced_consumer.membership import Membership
from traced_consumer.processing import Processing
from traced_consumer.receiving import Receiving
from traced_consumer.settings import ConsumerSettings

_logger = logging.getLogger(__name__)
_LONGEST_HANDLING_SECONDS: Final = 60.0  # of handle(); beyond it the group and the kubelet hold us for dead
_SESSION_SECONDS: Final = 10
# With 8 s for the last commit, or librdkafka's 5 to leave the group, below 25 s: Kubernetes kills after 30.
_FLUSH_SECONDS: Final = 1.0
_TRACING_SECONDS: Final = 5.0


def start(variables: Mapping[str, str], stop: Stop, handler: Callable[[Order], None] = handle) -> None:
    """Run the consumer until a stop is requested, then drain it."""
    settings = ConsumerSettings.read(variables)
    logs.configure(settings.log_level)
    stall = _LONGEST_HANDLING_SECONDS + settings.processing_ms / 1000
    state = health.Health(stall)
    health.serve(state, settings.health_port, settings.health_host)
    tracing, last_error, leaders = process.tracing(), kafka.LastError(), Leaders(settings.topic)
    topic = identity(settings.topic, settings.kafka)
    membership = Membership(settings.group, last_error)
    receiving = Receiving(membership)

    def measure(text: str) -> None:
        figures = json.loads(text)
        membership.statistics(figures)
        leaders.statistics(figures)

    producer = RecreatingProducer(
        lambda own: kafka.connect(
            lambda conf: kafkatrace.Producer(conf, tracing=tracing),
            {**settings.kafka.client_config(), **dead_letters.configuration(), "error_cb": own},
        )
    )
    letters = DeadLetters(producer, settings.dead_letter_topic, settings.group, stop)
    callbacks = {"error_cb": last_error, "on_commit": receiving.committed, "stats_cb": measure}
    _logger.info("reading %s as group %s; kafkatrace in %s", settings.topic, settings.group, kafkatrace.implementation)
    try:
        while not stop.requested:
            consumer = kafka.connect(
                lambda conf: kafkatrace.Consumer(conf, tracing=tracing),
                {**settings.kafka.client_config(), **configuration(settings.group, stall), **callbacks},
            )
            processing = Processing(consumer, handler, letters, settings.processing_ms / 1000, stop)
            with receiving.subscribed(consumer, settings.topic):
                while not stop.requested:
                    receiving.run_once(consumer, processing)
                    letters.serve()
                    leaders.check(consumer)
                    topic.check()
                    state.heartbeat(receiving.problem())
    finally:
        drain(producer, receiving, tracing)


def configuration(group: str, stall: float) -> dict[str, Any]:
    """Make the consumer's part of librdkafka's configuration; `stall` seconds is the longest time per message."""
    return {
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "partition.assignment.strategy": "cooperative-sticky",
        "session.timeout.ms": _SESSION_SECONDS * 1000,
        "max.poll.interval.ms": int(stall * 1000),
        "topic.metadata.refresh.interval.ms": 10_000,  # a topic made after us is found in seconds, not minutes
        "statistics.interval.ms": 2_000,
        "queued.max.messages.kbytes": 16_384,
    }


def drain(producer: RecreatingProducer, receiving: Receiving, tracing: Tracing) -> None:
    """Export the spans, bounded, and log what came of everything."""
    producer.flush(_FLUSH_SECONDS)
    spans = tracing.shutdown(_TRACING_SECONDS)
    _logger.info("stopped: %s; spans exported %d, dropped %d", receiving, spans.exported, spans.dropped)
