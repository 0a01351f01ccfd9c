"""Names of semantic conventions 1.44 that Kafka spans use, and our own under `kafkatrace.`.

Spelt out here because opentelemetry-semantic-conventions keeps the messaging names in a private package; a
test compares the two.
https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/messaging/kafka.md
"""

from typing import Final

SCOPE: Final = "kafkatrace"
SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.44.0"

MESSAGING_BATCH_MESSAGE_COUNT: Final = "messaging.batch.message_count"
MESSAGING_CLIENT_ID: Final = "messaging.client.id"
MESSAGING_CONSUMER_GROUP_NAME: Final = "messaging.consumer.group.name"
MESSAGING_DESTINATION_NAME: Final = "messaging.destination.name"
MESSAGING_DESTINATION_PARTITION_ID: Final = "messaging.destination.partition.id"
MESSAGING_KAFKA_CLUSTER_ID: Final = "messaging.kafka.cluster.id"
MESSAGING_KAFKA_MESSAGE_KEY: Final = "messaging.kafka.message.key"
MESSAGING_KAFKA_MESSAGE_TOMBSTONE: Final = "messaging.kafka.message.tombstone"
MESSAGING_KAFKA_OFFSET: Final = "messaging.kafka.offset"
MESSAGING_OPERATION_NAME: Final = "messaging.operation.name"
MESSAGING_OPERATION_TYPE: Final = "messaging.operation.type"
MESSAGING_SYSTEM: Final = "messaging.system"
ERROR_TYPE: Final = "error.type"
EXCEPTION_ESCAPED: Final = "exception.escaped"
EXCEPTION_MESSAGE: Final = "exception.message"
EXCEPTION_STACKTRACE: Final = "exception.stacktrace"
EXCEPTION_TYPE: Final = "exception.type"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"

KAFKA: Final = "kafka"
SEND: Final = "send"
PROCESS: Final = "process"
POLL: Final = "poll"
RECEIVE: Final = "receive"
COMMIT: Final = "commit"
SETTLE: Final = "settle"
TRANSACTION: Final = "transaction"
QUEUE: Final = "queue"  # not in the conventions: they have no span for the time in the broker

QUEUE_MILLISECONDS: Final = "kafkatrace.queue.duration_ms"
SINCE_TIMESTAMP_MILLISECONDS: Final = "kafkatrace.since_timestamp.duration_ms"
TIMESTAMP_TYPE: Final = "kafkatrace.timestamp.type"
TIMESTAMP_RESOLUTION: Final = "kafkatrace.timestamp.resolution_ms"
CLOCK_SKEW: Final = "kafkatrace.clock_skew"
POLL_TIME_KNOWN: Final = "kafkatrace.poll_time.known"
LAG: Final = "kafkatrace.consumer.lag"
MALFORMED_HEADERS: Final = "kafkatrace.headers.malformed"
TRANSACTION_OUTCOME: Final = "kafkatrace.transaction.outcome"
TRANSACTION_ID: Final = "kafkatrace.transaction.id"
PARTITIONS_REVOKED: Final = "kafkatrace.partition.revoked"
ACKNOWLEDGEMENT: Final = "kafkatrace.acknowledgement"
UNFINISHED: Final = "kafkatrace.unfinished"
LOOP_LEFT: Final = "kafkatrace.loop.left"
KEPT: Final = "kafkatrace.kept"
UNSAMPLED_PARENT_TRACE_ID: Final = "kafkatrace.unsampled_parent.trace_id"
UNSAMPLED_PARENT_SPAN_ID: Final = "kafkatrace.unsampled_parent.span_id"
CLOCK_OFFSET: Final = "kafkatrace.clock.offset_ms"
CLOCK_UNCERTAINTY: Final = "kafkatrace.clock.uncertainty_ms"
CLOCK_OFFSET_MINIMUM: Final = "kafkatrace.clock.offset_minimum_ms"
