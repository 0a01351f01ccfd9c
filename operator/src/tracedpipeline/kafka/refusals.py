"""Why Kafka does not do what was requested, from the codes of its errors.

https://kafka.apache.org/protocol#protocol_error_codes; those below zero are librdkafka's own.
"""

from collections.abc import Sequence
from typing import NamedTuple

from confluent_kafka import KafkaError

from tracedpipeline import reasons
from tracedpipeline.untrusted.quoting import stable
from tracedpipeline.verdict import Verdict


class _Refusal(NamedTuple):
    reason: str
    what: str
    advice: str


_AUTHENTICATION = _Refusal(
    reasons.KAFKA_AUTHENTICATION_FAILED,
    "refused the credentials",
    "check kafka.security.mechanism, and user name and password in the Secret",
)
_TOPIC = _Refusal(reasons.TOPIC_INVALID, "refused the topic's name", "change kafka.topic.name")
_CONFIGURATION = _Refusal(
    reasons.TOPIC_CONFIGURATION_INVALID,
    "refused the topic's configuration",
    "change kafka.topic, or create the topic yourself",
)
_OTHER = _Refusal(reasons.KAFKA_REFUSED, "refused the request", "change what Kafka names, or its rules")

_REFUSALS = {
    KafkaError._AUTHENTICATION: _AUTHENTICATION,
    KafkaError.SASL_AUTHENTICATION_FAILED: _AUTHENTICATION,
    KafkaError.UNSUPPORTED_SASL_MECHANISM: _AUTHENTICATION,
    KafkaError.ILLEGAL_SASL_STATE: _AUTHENTICATION,
    KafkaError._SSL: _Refusal(
        reasons.KAFKA_TLS_FAILED,
        "could not be reached by TLS",
        "check kafka.security.protocol, and the certificate in the Secret of kafka.security.caSecret",
    ),
    KafkaError.TOPIC_EXCEPTION: _TOPIC,
    KafkaError.INVALID_CONFIG: _CONFIGURATION,
    KafkaError.INVALID_PARTITIONS: _CONFIGURATION,
    KafkaError.THROTTLING_QUOTA_EXCEEDED: _Refusal(
        reasons.KAFKA_QUOTA_EXCEEDED, "refused for a quota", "raise the quota, or wait"
    ),
    KafkaError.INVALID_REPLICATION_FACTOR: _Refusal(
        reasons.TOO_FEW_BROKERS,
        "has too few brokers",
        "lower kafka.topic.replicas, or add brokers",
    ),
}

# A broker answered, but not in time or not the right one: that passes.
_PASSING = frozenset(
    {
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_CONTROLLER,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
    }
)


def verdict(bootstrap_servers: str, errors: Sequence[KafkaError]) -> Verdict:
    """Return the verdict on a failed request: the first error that is a refusal, else that nothing answers."""
    for error in errors:
        if refusal := _refusal(error):
            message = f"{bootstrap_servers} {refusal.what}: {said(error)}: {refusal.advice}"
            return Verdict(False, refusal.reason, message)
    return Verdict(False, reasons.KAFKA_UNREACHABLE, f"nothing answers at {bootstrap_servers}: {said(errors[0])}")


def _refusal(error: KafkaError) -> _Refusal | None:
    if refusal := _REFUSALS.get(error.code()):
        return refusal
    answered = error.code() > 0 and error.code() not in _PASSING
    return _OTHER if answered else None


def said(error: KafkaError) -> str:
    """Return the error's text without how long it took, which would make a new message of the same fact each time."""
    return stable(str(error.str()).split(" (after ", 1)[0])
