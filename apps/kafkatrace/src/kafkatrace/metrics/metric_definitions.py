"""The metrics that kafkatrace tells.

The first four are those of
https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/messaging/messaging-metrics.md,
`otel.sdk.*` those of https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/otel/sdk-metrics.md
"""

from typing import Final

from kafkatrace.metrics.kinds import Definition, Kind

OPERATION_DURATION: Final = Definition(
    "messaging.client.operation.duration",
    "Duration of the messaging operation initiated by the client: send, receive, settle.",
    "s",
    Kind.DURATION,
)
SENT_MESSAGES: Final = Definition(
    "messaging.client.sent.messages", "Messages that the producer attempted to send to Kafka.", "{message}", Kind.COUNT
)
CONSUMED_MESSAGES: Final = Definition(
    "messaging.client.consumed.messages", "Messages that were delivered to the application.", "{message}", Kind.COUNT
)
CONSUMER_ERRORS: Final = Definition(
    "kafkatrace.consumer.errors",
    "Errors that poll() and consume() returned in place of records.",
    "{error}",
    Kind.COUNT,
)
PROCESS_DURATION: Final = Definition(
    "messaging.process.duration", "Duration of processing one message.", "s", Kind.DURATION
)
QUEUE_DURATION: Final = Definition(
    "kafkatrace.queue.duration", "From the record's timestamp to the poll that returned it.", "s", Kind.LONG_DURATION
)
SINCE_TIMESTAMP_DURATION: Final = Definition(
    "kafkatrace.since_timestamp.duration",
    "From the record's timestamp to the end of its processing.",
    "s",
    Kind.LONG_DURATION,
)
NEGATIVE_QUEUE_TIMES: Final = Definition(
    "kafkatrace.queue.negative", "Records that came out before they went in: clocks disagree.", "{message}", Kind.COUNT
)
MALFORMED_HEADERS: Final = Definition(
    "kafkatrace.headers.malformed", "Trace headers that could not be read.", "{header}", Kind.COUNT
)
CLOCK_OFFSET: Final = Definition(
    "kafkatrace.clock.offset",
    "The broker's clock minus the producer's: the middle of what is possible, where that is not zero for all we know.",
    "s",
    Kind.GAUGE,
)
CLOCK_UNCERTAINTY: Final = Definition(
    "kafkatrace.clock.uncertainty", "How far the true clock offset may lie from the middle.", "s", Kind.GAUGE
)
CLOCK_OFFSET_MINIMUM: Final = Definition(
    "kafkatrace.clock.offset.minimum",
    "The broker's clock is ahead of the consumer's by at least this much (negative: behind by at most).",
    "s",
    Kind.GAUGE,
)
SPANS_PROCESSED: Final = Definition(
    "otel.sdk.processor.span.processed",
    "Spans whose processing has ended, successfully or not; error.type queue_full: they were dropped.",
    "{span}",
    Kind.COUNT,
)
SPANS_EXPORTED: Final = Definition(
    "otel.sdk.exporter.span.exported",
    "Spans whose export has ended; with error.type: they were lost.",
    "{span}",
    Kind.COUNT,
)
POINTS_EXPORTED: Final = Definition(
    "otel.sdk.exporter.metric_data_point.exported",
    "Metric points whose export has ended; with error.type: they were not taken.",
    "{data_point}",
    Kind.COUNT,
)
